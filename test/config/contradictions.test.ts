import { testCases, type ConfigCase } from '../helpers/config-cases.js'

testCases([
  {
    title: 'http off loopback',
    line: 1,
    with: 'publicUrl: http://app.example.com',
    expect: [['publicUrl', /plain http/, 1]],
  },
  ...['localhost', 'app.localhost:4180', '127.1.2.3', '[::1]:80'].map((host) => ({
    title: `http on loopback: ${host}`,
    line: 1,
    with: `publicUrl: http://${host}`,
    expect: [],
  })),
  ...['http://localhost.example.com', 'http://127.0.0.1.example.com', 'http://xlocalhost'].map(
    (url): ConfigCase => ({
      title: `not loopback: ${url}`,
      line: 1,
      with: `publicUrl: ${url}`,
      expect: [['publicUrl', /plain http/, 1]],
    }),
  ),
  ...[
    'https://app.example.com/x',
    'https://app.example.com/?a',
    'https://app.example.com?',
    'https://app.example.com/#',
    'https://u@app.example.com',
  ].map((url): ConfigCase => ({
    title: `not an origin: ${url}`,
    line: 1,
    with: `publicUrl: ${url}`,
    expect: [['publicUrl', /must be scheme and host alone.*: https:\/\/app.example.com$/, 1]],
  })),
  ...['app.example.com', 'ftp://a.example', 'https:/a.example', "'https:\\\\a.example'"].map(
    (url): ConfigCase => ({
      title: `not a URL: ${url}`,
      line: 1,
      with: `publicUrl: ${url}`,
      expect: [['publicUrl', /is not an http or https URL/, 1]],
    }),
  ),
  ...['nowhere', '0.0.0.0:65536', '::1:4180', '[::g]:1', 'a b:1', '999.0.0.1:1'].map(
    (address): ConfigCase => ({
      title: `not an address to listen on: ${address}`,
      line: 2,
      with: `listen: '${address}'`,
      expect: [['listen', /host:port|host and port/, 2]],
    }),
  ),
  {
    title: 'both listeners on one port',
    line: 3,
    with: 'admin: { listen: 127.0.0.1:4180 }',
    expect: [['admin.listen', /another port/, 3]],
  },
  {
    title: 'free ports may be the same',
    line: 2,
    with: 'listen: 127.0.0.1:0',
    env: { VALETKEY_ADMIN_LISTEN: '127.0.0.1:0' },
    expect: [],
  },
  ...['127.0.0.1:4180', '[::1]:44180'].map((address): ConfigCase => ({
    title: `checks on a port that is taken: ${address}`,
    line: 3,
    with: `trustedProxies: [10.0.0.1]\nextAuthz: { listen: '${address}' }`,
    expect: [['extAuthz.listen', /needs a port of its own/, 4]],
  })),
  {
    title: 'checks on no address',
    line: 3,
    with: 'trustedProxies: [10.0.0.1]\nextAuthz: { listen: a b:1 }',
    expect: [['extAuthz.listen', /host:port/, 4]],
  },
  {
    title: 'checks for nobody',
    line: 3,
    with: 'extAuthz: { listen: 127.0.0.1:9001 }',
    expect: [['extAuthz.listen', /trustedProxies/, 3]],
  },
  {
    title: 'checks for a proxy',
    line: 3,
    with: 'trustedProxies: [10.0.0.1]\nextAuthz: { listen: 127.0.0.1:9001 }',
    expect: [],
  },
  {
    title: 'short admin token',
    line: 3,
    with: 'admin: { token: short }',
    expect: [['admin.token', /at least 16/, 3]],
  },
  {
    title: 'short admin token in a file',
    line: 3,
    with: 'admin: { tokenFile: /t }',
    files: { '/t': 'short\n' },
    expect: [['admin.tokenFile', /at least 16/, 3]],
  },
  {
    title: 'networks',
    line: 3,
    with: "trustedProxies: [10.0.0.0/8, 10.0.0.1, 'fd00::/8', 10.0.0.0/33, proxy, 0.0.0.0/0, '::/0', 10.0.0.0/8/8]",
    expect: [
      ['trustedProxies[3]', /is no network/, 3],
      ['trustedProxies[4]', /is no network/, 3],
      ['trustedProxies[5]', /trusts everybody/, 3],
      ['trustedProxies[6]', /trusts everybody/, 3],
      ['trustedProxies[7]', /is no network/, 3],
    ],
  },
  {
    title: 'return-to hosts',
    line: 3,
    with: "returnToHosts: [b.example.com, 'https://c.example.com', 'd.example.com:8', '*.e.example', 10.0.0.1]",
    expect: [1, 2, 3, 4].map((index) => [`returnToHosts[${index}]`, /is no host name/, 3]),
  },
  {
    title: 'basePath with dot segments',
    line: 3,
    with: 'basePath: /a/..',
    expect: [['basePath', /segment/, 3]],
  },
  {
    title: 'basePath with a slash at its end',
    line: 3,
    with: 'basePath: /oauth2/',
    expect: [['basePath', /without a slash at its end, such as \/oauth2/, 3]],
  },
  {
    title: 'timer of more than 24 days',
    line: 3,
    with: 'shutdown: { drain: 30d }',
    expect: [['shutdown.drain', /at most 24d/, 3]],
  },
])

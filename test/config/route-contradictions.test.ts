import { generateKeyPairSync } from 'node:crypto'
import { route, routeTo, testCases, type ConfigCase } from '../helpers/config-cases.js'
import { certificate, privateKey } from '../proxy/self-signed.js'

const otherKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({
  type: 'pkcs8',
  format: 'pem',
})

testCases([
  ...(
    [
      ['http://u:p@app', /user/],
      ['http://app/?x', /query/],
      ["'http://app/#x'", /fragment/],
      ['app:3000', /is not an http or https URL/],
      ['unix:run/app', /is not an http or https URL/],
      ['unix://run/app', /is not an http or https URL/],
      [`unix:/${'a'.repeat(107)}`, /more than 107 bytes/],
      ["'unix:/run/a%20b'", /is not an http or https URL/],
    ] as const
  ).map(([upstream, message]): ConfigCase => ({
    title: `upstream ${upstream}`,
    line: 10,
    with: `  - upstream: ${upstream}`,
    expect: [['routes[0].upstream', message, 10]],
  })),
  ...['unix:/run/app.sock', 'unix:///run/app.sock', 'https://[::1]:8443/base/'].map(
    (upstream): ConfigCase => ({
      title: `upstream ${upstream} is good`,
      line: 10,
      with: `  - upstream: '${upstream}'`,
      expect: [],
    }),
  ),
  {
    title: 'an upstream as a mapping',
    line: 10,
    with: '  - upstream: { url: https://app, tls: { serverName: app.example.com }, http2: true }',
    expect: [],
  },
  {
    title: 'faults in an upstream as a mapping',
    line: 10,
    with: '  - upstream: { url: app, http: true, tls: { serverName: 10.0.0.1, certFile: a.crt } }',
    files: { '/etc/a.crt': certificate },
    expect: [
      ['routes[0].upstream.http', /did you mean "http2"/, 10],
      ['routes[0].upstream.url', /is not an http or https URL/, 10],
      ['routes[0].upstream.tls', /without TLS/, 10],
      ['routes[0].upstream.tls.serverName', /is no host name/, 10],
      ['routes[0].upstream.tls.keyFile', /needs its private key/, 10],
    ],
  },
  {
    title: 'an upstream that is neither text nor a mapping',
    line: 10,
    with: '  - upstream: [http://app]',
    expect: [['routes[0].upstream', /must be text that is not empty or a mapping/, 10]],
  },
  {
    title: 'an upstream without its url',
    line: 10,
    with: '  - upstream: { http2: true }',
    expect: [['routes[0].upstream.url', /is missing/, 10]],
  },
  {
    title: 'files of TLS that hold something else',
    line: 10,
    with: '  - upstream: { url: https://app, tls: { caFile: ca, certFile: crt, keyFile: gone } }',
    files: { '/etc/ca': 'x', '/etc/crt': privateKey },
    expect: [
      ['routes[0].upstream.tls.keyFile', /cannot be read \(ENOENT\)/, 10],
      ['routes[0].upstream.tls.caFile', /holds no certificate/, 10],
      ['routes[0].upstream.tls.certFile', /holds no certificate/, 10],
    ],
  },
  {
    title: 'a private key of another certificate',
    line: 10,
    with: '  - upstream: { url: https://app, tls: { certFile: crt, keyFile: key } }',
    files: { '/etc/crt': certificate, '/etc/key': String(otherKey) },
    expect: [['routes[0].upstream.tls.keyFile', /not that of certFile/, 10]],
  },
  {
    title: 'a prefix that not every request begins with',
    line: 10,
    with: [
      route("match: { path: '/app/' }, forward: { stripPrefix: /app }"),
      route("match: { path: '/app' }, forward: { stripPrefix: /app }"),
      route("match: { path: '/apps/' }, forward: { stripPrefix: /app }"),
      route("match: { path: '/a/**' }, forward: { stripPrefix: /a/b }"),
      route("match: { path: '/b/' }, forward: { stripPrefix: /b/ }"),
    ].join('\n'),
    expect: [
      ['routes[2].forward.stripPrefix', /is not what match.path/, 12],
      ['routes[3].forward.stripPrefix', /is not what match.path/, 13],
      ['routes[4].forward.stripPrefix', /without a slash at its end/, 14],
    ],
  },
  {
    title: 'hosts for the application',
    line: 10,
    with: [
      route("match: { path: '/a' }, forward: { host: upstream }"),
      route("match: { path: '/b' }, forward: { host: 'app.internal:8080' }"),
      route("match: { path: '/c' }, forward: { host: 'http://app' }"),
      "  - { upstream: 'unix:/run/app.sock', match: { path: '/d' }, forward: { host: upstream } }",
    ].join('\n'),
    expect: [
      ['routes[2].forward.host', /neither keep, nor upstream, nor a host/, 12],
      ['routes[3].forward.host', /a socket has no host/, 13],
    ],
  },
  ...['/oauth2', '/oauth2/', '/oauth2/x', '/oauth2/**'].map((pattern): ConfigCase => ({
    title: `route under basePath ${pattern}`,
    line: 10,
    with: routeTo(pattern),
    expect: [['routes[0].match.path', /under basePath/, 10]],
  })),
  ...(
    [
      ['/a//b', /"\/\/"/],
      ['//', /"\/\/"/],
      ['/a/../b', /segment/],
      ['/./', /segment/],
      ['/a*', /whole segment/],
      ['/***', /whole segment/],
      ['/a/**/b', /must come last/],
      ['/a/**/', /must come last/],
      ['/a?b', /query/],
      ['/a#b', /query/],
      ['/a;b', /different ways/],
      ['/a\\b', /different ways/],
      ['/a b', /different ways/],
      ['/a%', /begins no percent-encoding/],
      ['/a%4', /begins no percent-encoding/],
      ['/%41', /write the character itself/],
      ['/%2e%2e', /write the character itself/],
      ['/a%2Fb', /leave it out/],
      ['/a%00', /leave it out/],
      ['/a%25b', /leave it out/],
      ['/a.', /several ways/],
      ['/a%C0%AF', /several ways/],
      ['/a／b', /several ways/],
    ] as const
  ).map(([pattern, message]): ConfigCase => ({
    title: `path pattern ${pattern}`,
    line: 10,
    with: routeTo(pattern),
    expect: [['routes[0].match.path', message, 10]],
  })),
  ...['/', '/a', '/a/', '/*/b', '/a/*', '/a/**', '/**', '/oauth2x', '/a%20b', '/ä'].map(
    (pattern) => ({
      title: `path pattern ${pattern} is good`,
      line: 10,
      with: routeTo(pattern),
      expect: [],
    }),
  ),
  {
    title: 'host with a port',
    line: 10,
    with: route("match: { host: 'app.example.com:443' }"),
    expect: [['routes[0].match.host', /is no host name/, 10]],
  },
  {
    title: 'wildcard host',
    line: 10,
    with: route("match: { host: '*.example.com' }"),
    expect: [],
  },
  {
    title: 'requirements of a public route',
    line: 10,
    with: route('auth: public, require: { groups: [a] }'),
    expect: [['routes[0].require', /no effect/, 10]],
  },
  {
    title: 'requirements that require nothing',
    line: 10,
    with: route('require: {}'),
    expect: [['routes[0].require', /requires nothing/, 10]],
  },
  {
    title: 'requirements that are null and nothing else',
    line: 10,
    with: route('require: { colour: null, shade: 1 }'),
    expect: [
      ['routes[0].require.colour', /is not a setting/, 10],
      ['routes[0].require.shade', /is not a setting/, 10],
    ],
  },
  {
    title: 'claims that require nothing',
    line: 10,
    with: route('require: { claims: {} }'),
    expect: [['routes[0].require', /requires nothing/, 10]],
  },
  {
    title: 'requirements that are broken are not also empty',
    line: 10,
    with: route('require: { groups: staff }'),
    expect: [['routes[0].require.groups', /must be a list/, 10]],
  },
  {
    title: 'emails, domains and age',
    line: 10,
    with: route(
      "require: { emails: [a], emailDomains: ['@a.example', '*.b.example'], maxAge: 0s }",
    ),
    expect: [
      ['routes[0].require.emails[0]', /no email address/, 10],
      ['routes[0].require.emailDomains[0]', /without "@"/, 10],
      ['routes[0].require.emailDomains[1]', /without wildcard/, 10],
      ['routes[0].require.maxAge', /longer than zero/, 10],
    ],
  },
  {
    title: 'rules within rules',
    line: 10,
    with: route(
      "require: { any: [{ groups: [a] }, { not: { roles: [b], all: [{ clientAddresses: ['::1/64'] }] } }] }",
    ),
    expect: [],
  },
  {
    title: 'rules within rules that require nothing',
    line: 10,
    with: route('require: { groups: [a], any: [{}, { claims: {} }], all: [{ not: {} }] }'),
    expect: [
      ['routes[0].require.any[0]', /requires nothing/, 10],
      ['routes[0].require.any[1]', /requires nothing/, 10],
      ['routes[0].require.all[0].not', /so that nobody gets in/, 10],
    ],
  },
  {
    title: 'an empty choice',
    line: 10,
    with: route('require: { any: [], not: { all: [] } }'),
    expect: [
      ['routes[0].require.any', /^must be a list of at least one item$/, 10],
      ['routes[0].require.not.all', /^must be a list of at least one item$/, 10],
    ],
  },
  {
    title: 'a slip deep within rules',
    line: 10,
    with: route('require: { any: [{ not: { group: [a], maxAge: 5 } }, { emails: [x] }] }'),
    expect: [
      ['routes[0].require.any[0].not.group', /did you mean "groups"/, 10],
      ['routes[0].require.any[0].not.maxAge', /must be a duration/, 10],
      ['routes[0].require.any[1].emails[0]', /no email address/, 10],
    ],
  },
  {
    title: 'an authentication within not',
    line: 10,
    with: route('require: { not: { any: [{ acr: [mfa] }, { groups: [a], maxAge: 1h }] } }'),
    expect: [
      ['routes[0].require.not.any[0].acr', /cannot stand within "not"/, 10],
      ['routes[0].require.not.any[1].maxAge', /cannot stand within "not"/, 10],
    ],
  },
  {
    title: 'an authentication context with a space',
    line: 10,
    with: route("require: { acr: ['mfa phr'] }"),
    expect: [['routes[0].require.acr[0]', /without spaces/, 10]],
  },
  {
    title: 'more authentication contexts than can be asked for',
    line: 10,
    with: route(`require: { any: [{ acr: [mfa, ${'x'.repeat(510)}] }] }`),
    expect: [['routes[0].require.any[0].acr', /at most 512/, 10]],
  },
  {
    title: 'client addresses and methods',
    line: 10,
    with: route(
      'match: { path: /, methods: [GET] }, require: { clientAddresses: [10.0.0.0/33, example.com], methods: [POST] }',
    ),
    expect: [
      ['routes[0].require.clientAddresses[0]', /is no network/, 10],
      ['routes[0].require.clientAddresses[1]', /is no network/, 10],
      ['routes[0].require.methods', /nobody gets in/, 10],
    ],
  },
  {
    title: 'what strangers on an optional route would pass by',
    line: 10,
    with: route('auth: optional, require: { any: [{ clientAddresses: [10.0.0.0/8] }] }'),
    expect: [['routes[0].require.any[0].clientAddresses', /who is not signed in/, 10]],
  },
  {
    title: 'route timeouts',
    line: 10,
    with: route('timeouts: { connect: 0s, idle: 25d }'),
    expect: [
      ['routes[0].timeouts.connect', /longer than zero/, 10],
      ['routes[0].timeouts.idle', /at most 24d/, 10],
    ],
  },
  {
    title: 'a route that an earlier one covers',
    line: 10,
    with: [routeTo('/'), route("match: { path: '/admin/' }, require: { groups: [admin] }")].join(
      '\n',
    ),
    expect: [['routes[1].match', /can never match, because routes\[0\]/, 11]],
  },
  {
    title: 'a route that an earlier one covers only in part',
    line: 10,
    with: [
      route("match: { path: '/', host: a.example.com }"),
      route("match: { path: '/', methods: [GET] }"),
      routeTo('/a/*'),
      routeTo('/a/'),
      routeTo('/b/c/*/'),
      routeTo('/b/c/'),
      route("match: { path: '/c', methods: [GET, PUT] }"),
      route("match: { path: '/c', methods: [GET, POST] }"),
      route("match: { path: '/d', host: '*.example.com' }"),
      route("match: { path: '/d', host: 'example.com' }"),
      route("match: { path: '/d', host: '*.com' }"),
      routeTo('/'),
    ].join('\n'),
    expect: [],
  },
  {
    title: 'routes that earlier ones cover by wildcards and methods',
    line: 10,
    with: [
      routeTo('/a/**'),
      routeTo('/a/'),
      routeTo('/b/*/'),
      routeTo('/b/c/d'),
      route("match: { path: '/c', host: '*.example.com' }"),
      route("match: { path: '/c', host: a.Example.com }"),
      route("match: { path: '/c', host: '*.a.example.com' }"),
      route("match: { path: '/d/', methods: [GET, HEAD] }"),
      route("match: { path: '/d/e', methods: [HEAD] }"),
    ].join('\n'),
    expect: [
      ['routes[1].match', /because routes\[0\]/, 11],
      ['routes[3].match', /because routes\[2\]/, 13],
      ['routes[5].match', /because routes\[4\]/, 15],
      ['routes[6].match', /because routes\[4\]/, 16],
      ['routes[8].match', /because routes\[7\]/, 18],
    ],
  },
  {
    title: 'a route whose host is broken covers nothing',
    line: 10,
    with: [route("match: { path: '/', host: 3 }"), routeTo('/a')].join('\n'),
    expect: [['routes[0].match.host', /put it in quotes/, 10]],
  },
])

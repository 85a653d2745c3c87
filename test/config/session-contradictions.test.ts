import { testCases, type ConfigCase } from '../helpers/config-cases.js'
import { sessionKey as key } from '../helpers/config-fixtures.js'

const redis = (rest: string) => `session: { store: redis, redis: { url: 'redis://r' }, ${rest} }`

testCases([
  {
    title: 'redis store without url and keys',
    line: 8,
    with: 'session: { store: redis }',
    expect: [
      ['session.redis.url', /VALETKEY_REDIS_URL/, 8],
      ['session.keysFile', /VALETKEY_SESSION_KEY/, 8],
    ],
  },
  {
    title: 'redis section without url',
    line: 8,
    with: `session: { store: redis, redis: {}, keys: [${key}] }`,
    expect: [['session.redis.url', /is missing \(or set VALETKEY_REDIS_URL\)/, 8]],
  },
  {
    title: 'redis without keys',
    line: 8,
    with: redis('keys: []'),
    expect: [['session.keysFile', /keygen/, 8]],
  },
  {
    title: 'redis section with the memory store',
    line: 8,
    with: "session: { redis: { url: 'redis://r' } }",
    expect: [['session.store', /write store: redis/, 8]],
  },
  ...['http://r', 'redis:6379', 'redis://', "'redis://r/x'", "'redis://r?password=x'"].map(
    (url): ConfigCase => ({
      title: `not a Redis URL: ${url}`,
      line: 8,
      with: `session: { store: redis, keys: [${key}], redis: { url: ${url} } }`,
      expect: [['session.redis.url', /is no Redis URL/, 8]],
    }),
  ),
  ...['short', `${key}=`, `${key}A`, `${key.slice(0, 42)}B`, '!'.repeat(43)].map(
    (bad): ConfigCase => ({
      title: `not a session key: ${bad.length} characters`,
      line: 8,
      with: redis(`keys: [${key}, '${bad}']`),
      expect: [['session.keys[1]', /32 bytes/, 8]],
    }),
  ),
  {
    title: 'bad lines in the keys file',
    line: 8,
    with: redis('keysFile: /k'),
    files: { '/k': `# comment\n${key}\nbad\n\nworse` },
    expect: [
      ['session.keysFile', /line 3 is not 32 bytes/, 8],
      ['session.keysFile', /line 5 is not 32 bytes/, 8],
    ],
  },
  {
    title: 'keys file without a key',
    line: 8,
    with: redis('keysFile: /k'),
    files: { '/k': '# later\n\n' },
    expect: [['session.keysFile', /holds no key/, 8]],
  },
  {
    title: 'keys and keys file',
    line: 8,
    with: redis(`keys: [${key}], keysFile: /k`),
    files: { '/k': key },
    expect: [['session.keysFile', /together with keys/, 8]],
  },
  {
    title: 'inactivity timeout beyond the lifetime',
    line: 8,
    with: 'session: { inactivityTimeout: 25h }',
    expect: [['session.inactivityTimeout', /longer than the lifetime \(24h\)/, 8]],
  },
  {
    title: 'lifetime zero',
    line: 8,
    with: 'session: { lifetime: 0h }',
    expect: [['session.lifetime', /longer than zero/, 8]],
  },
  {
    title: 'command timeout zero',
    line: 8,
    with: `session: { store: redis, keys: [${key}], redis: { url: 'redis://r', commandTimeout: 0s } }`,
    expect: [['session.redis.commandTimeout', /longer than zero/, 8]],
  },
  ...['example.com', 'app.example.com', 'EXAMPLE.com'].map((domain) => ({
    title: `cookie domain ${domain}`,
    line: 8,
    with: `session: { cookie: { domain: ${domain} } }`,
    expect: [],
  })),
  ...(
    [
      ['ample.com', /does not contain/],
      ['evil-example.com', /does not contain/],
      ['x.app.example.com', /does not contain/],
      ['com', /two labels/],
      ['.example.com', /leading dot/],
      ['10.0.0.1', /is no domain/],
    ] as const
  ).map(([domain, message]): ConfigCase => ({
    title: `cookie domain ${domain}`,
    line: 8,
    with: `session: { cookie: { domain: ${domain} } }`,
    expect: [['session.cookie.domain', message, 8]],
  })),
  {
    title: 'SameSite=None over http',
    line: 8,
    with: 'session: { cookie: { sameSite: none } }',
    env: { VALETKEY_PUBLIC_URL: 'http://localhost' },
    expect: [['session.cookie.sameSite', /https/, 8]],
  },
  ...(
    [
      ["url: 'redis://r', cluster: ['a:1']", 'cluster', /together with url/],
      ["sentinel: { name: m, nodes: ['a:1'] }, cluster: ['a:1']", 'cluster', /with sentinel/],
      ["cluster: ['a:1'], database: 2", 'database', /must be 0/],
      ["cluster: ['a:1', 'b:0']", 'cluster[1]', /write host:port/],
      ["sentinel: { name: m, nodes: ['a b:1'] }", 'sentinel.nodes[0]', /write host:port/],
      ["url: 'redis://r/1', database: 1", 'database', /keep one/],
      ["url: 'redis://:p@r', password: q", 'password', /url has a password/],
      ["url: 'redis://r', username: app", 'passwordFile', /is missing/],
      ["url: 'redis://r', tls: {}", 'tls', /write rediss/],
      ["url: 'unix:///run/redis.sock', tls: {}", 'tls', /write rediss/],
      ["url: 'rediss://r', tls: { certFile: /k }", 'tls.keyFile', /private key/],
      ["url: 'redis://r', passwordFile: /none", 'passwordFile', /cannot be read/],
      ['url: unix://redis.sock', 'url', /is no Redis URL/],
    ] as const
  ).map(([redisSettings, where, message]): ConfigCase => ({
    title: `redis: ${redisSettings}`,
    line: 8,
    with: `session: { store: redis, keys: [${key}], redis: { ${redisSettings} } }`,
    files: { '/k': 'a file' },
    expect: [[`session.redis.${where}`, message, 8]],
  })),
])

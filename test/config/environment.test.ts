import { routeTo, testCases } from '../helpers/config-cases.js'

testCases([
  {
    title: 'a bad value from the environment names the variable',
    env: {
      VALETKEY_PUBLIC_URL: 'http://app.example.com',
      VALETKEY_LOG_LEVEL: 'loud',
      VALETKEY_SESSION_KEY: 'short',
      VALETKEY_UPSTREAM: 'app:3000',
      VALETKEY_CLIENT_SECRET_FILE: '/none',
    },
    expect: [
      ['VALETKEY_LOG_LEVEL', /one of trace/],
      ['VALETKEY_CLIENT_SECRET_FILE', /cannot be read/],
      ['VALETKEY_PUBLIC_URL', /plain http/],
      ['VALETKEY_SESSION_KEY', /32 bytes/],
      ['VALETKEY_UPSTREAM', /is not an http or https URL/],
    ],
  },
  {
    title: 'a secret and its file in the environment',
    env: { VALETKEY_CLIENT_SECRET: 'a', VALETKEY_CLIENT_SECRET_FILE: '/s' },
    expect: [['VALETKEY_CLIENT_SECRET_FILE', /together with VALETKEY_CLIENT_SECRET/]],
  },
  {
    title: 'variables of one provider and route, where there are several',
    line: 10,
    with: `${routeTo('/a')}\n${routeTo('/b')}\nlog: { level: info }`,
    env: { VALETKEY_UPSTREAM: 'http://b' },
    expect: [['VALETKEY_UPSTREAM', /single route, but the file has 2; set routes\[n\]\.upstream/]],
  },
  {
    title: 'variables of one provider, where there are several',
    line: 7,
    with: '    clientSecret: a\n  - { id: b, issuer: https://b.example, clientId: b, clientSecret: c }',
    env: { VALETKEY_ISSUER: 'https://x', VALETKEY_CLIENT_ID: 'a', VALETKEY_CLIENT_SECRET: 'c' },
    expect: [
      ['VALETKEY_ISSUER', /single provider/],
      ['VALETKEY_CLIENT_ID', /single provider/],
      ['VALETKEY_CLIENT_SECRET', /set providers\[n\]\.clientSecret in the file/],
    ],
  },
  {
    title: 'something of a wrong kind in the way of the environment',
    line: 8,
    with: 'session: redis',
    env: { VALETKEY_REDIS_URL: 'redis://r' },
    expect: [['session', /a mapping of settings/, 8]],
  },
])

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { ConfigError } from '../../src/config/config-error.js'
import { loadConfig } from '../../src/config/load.js'
import {
  fullExample,
  fullExampleFiles,
  loadText,
  problemsOf,
  sessionKey,
} from '../helpers/config-fixtures.js'

const forBrowsers = { crossOrigin: { origins: [], preflight: 'refuse' }, keepForms: false }
const timeouts = { connect: 5000, response: 60_000, idle: 300_000 }

t.test('the full example loads, decoded, with its secrets read', async (t) => {
  t.strictSame(loadText(fullExample, {}, fullExampleFiles), {
    publicUrl: 'https://app.example.com',
    listen: '0.0.0.0:4180',
    basePath: '/oauth2',
    trustedProxies: [],
    forwardAuth: true,
    extAuthz: {},
    returnToHosts: [],
    keepFragment: false,
    admin: {
      listen: '127.0.0.1:44180',
      tokenFile: '/run/secrets/admin-token',
      token: 'admin-token-of-24-letters',
    },
    providers: [
      {
        id: 'corp',
        name: 'Corporate login',
        issuer: 'https://idp.example.com/realms/main',
        clientId: 'app',
        clientSecretFile: '/run/secrets/client-secret',
        clientAuthentication: 'client_secret_basic',
        clientAssertionAudience: 'issuer',
        scopes: ['openid', 'profile', 'email'],
        vendor: 'keycloak',
        issuerSlash: 'exact',
        tenants: [],
        filterScopes: 'none',
        responseMode: 'query',
        pushedAuthorizationRequests: 'auto',
        signedAuthorizationRequests: 'auto',
        resources: [],
        extraParameters: {},
        startParameters: { login_hint: 'any', ui_locales: 'any' },
        userinfo: 'needed',
        groupsClaim: 'groups',
        rolesClaim: ['realm_access', 'roles'],
        assumeEmailVerified: false,
        dpop: 'off',
        claimFallbacks: {},
        requiredClaims: {},
        trustedAudiences: [],
        requireLogoutTokenExpiry: false,
        logoutTokenEnds: 'session',
        accessTokenType: 'lax',
        accessTokenVerification: 'jwt',
        introspectionMaxAge: 60_000,
        accessTokenIssuers: [],
        accessTokenAudienceClaim: 'aud',
        accessTokenClaims: {},
        clockTolerance: 30_000,
        maxIdTokenAge: 600_000,
        defaultAccessTokenLifetime: 300_000,
        plainCallback: false,
        allowInsecureIssuer: false,
        timeout: 5000,
      },
    ],
    session: {
      store: 'redis',
      redis: { url: 'redis://localhost:6379', keyPrefix: 'valetkey:', commandTimeout: 1000 },
      keysFile: '/run/secrets/session-keys',
      keys: [sessionKey, 'A'.repeat(43)],
      inactivityTimeout: 8 * 3_600_000,
      lifetime: 24 * 3_600_000,
      refreshAhead: 60_000,
      staleOnStoreError: 30_000,
      cacheBytes: 64 * 1024 * 1024,
      cookie: { domain: null, sameSite: 'lax' },
    },
    assertion: { algorithm: 'ES256', keyRotation: 30 * 86_400_000 },
    routes: [
      {
        match: { host: 'app.example.com', path: '/public/', methods: ['GET', 'HEAD'] },
        auth: 'public',
        upstream: 'http://127.0.0.1:3000',
        forward: {
          accessToken: 'bearer',
          identityHeaders: true,
          userClaim: 'preferred_username',
          host: 'keep',
          clientAuthorization: 'strip',
        },
        ...forBrowsers,
        timeouts,
      },
      {
        match: { path: '/' },
        auth: 'required',
        require: {
          groups: ['staff'],
          emailDomains: ['example.com'],
          claims: { department: ['it'] },
          acr: ['mfa'],
          maxAge: 3_600_000,
        },
        upstream: 'http://127.0.0.1:3000',
        forward: {
          accessToken: 'bearer',
          identityHeaders: true,
          userClaim: 'preferred_username',
          host: 'keep',
          clientAuthorization: 'strip',
          assertion: {
            audience: 'https://app.example.com',
            claims: ['email', 'preferred_username', 'groups'],
          },
        },
        ...forBrowsers,
        timeouts,
      },
    ],
    log: { level: 'info' },
    shutdown: { wait: 5000, drain: 25_000 },
  })
})

const environment = {
  VALETKEY_PUBLIC_URL: 'https://app.example.com',
  VALETKEY_LISTEN: '127.0.0.1:8080',
  VALETKEY_ADMIN_LISTEN: '127.0.0.1:8081',
  VALETKEY_ISSUER: 'https://idp.example.com',
  VALETKEY_CLIENT_ID: 'app',
  VALETKEY_CLIENT_SECRET: 'from the environment',
  VALETKEY_UPSTREAM: 'http://127.0.0.1:3000',
  VALETKEY_REDIS_URL: 'redis://cache:6379',
  VALETKEY_SESSION_KEY: sessionKey,
  VALETKEY_LOG_LEVEL: 'debug',
}

t.test('the environment alone is enough for one upstream', async (t) => {
  const config = loadConfig({ env: environment })
  t.match(config, {
    publicUrl: 'https://app.example.com',
    listen: '127.0.0.1:8080',
    admin: { listen: '127.0.0.1:8081' },
    providers: [
      {
        id: 'default',
        issuer: 'https://idp.example.com',
        clientId: 'app',
        clientSecret: 'from the environment',
      },
    ],
    session: { store: 'redis', redis: { url: 'redis://cache:6379' }, keys: [sessionKey] },
    log: { level: 'debug' },
  })
  t.equal(config.routes.length, 1)
  t.match(config.routes[0], { match: { path: '/' }, upstream: 'http://127.0.0.1:3000' })
})

t.test('the environment without Redis means the memory store', async (t) => {
  const { VALETKEY_REDIS_URL: _url, VALETKEY_SESSION_KEY: _key, ...rest } = environment
  const { session } = loadConfig({ env: rest })
  t.equal(session.store, 'memory')
  t.equal(session.keys, undefined)
})

t.test('the environment overrides the file, literals and files alike', async (t) => {
  const single = fullExample.replace(/ {2}- match: \{ host[^]*?(?= {2}- match: \{ path)/, '')
  const config = loadText(single, environment, {
    '/run/secrets/admin-token': 'admin-token-of-24-letters',
  })
  t.match(config, {
    listen: '127.0.0.1:8080',
    providers: [{ id: 'corp', clientSecret: 'from the environment' }],
    session: { keys: [sessionKey], redis: { url: 'redis://cache:6379', keyPrefix: 'valetkey:' } },
    routes: [{ upstream: 'http://127.0.0.1:3000', require: { groups: ['staff'] } }],
  })
  t.equal(config.providers[0]?.clientSecretFile, undefined)
  t.equal(config.session.keysFile, undefined)
})

t.test('an empty variable counts as absent', async (t) => {
  const config = loadText(fullExample, { VALETKEY_PUBLIC_URL: '' }, fullExampleFiles)
  t.equal(config.publicUrl, 'https://app.example.com')
})

t.test('secret files are read from disk, relative ones beside the configuration', async (t) => {
  const folder = t.testdir({
    conf: {
      'valetkey.yaml': `
publicUrl: https://app.example.com
providers: [{ issuer: https://idp.example.com, clientId: app, clientSecretFile: secret }]
session: { keysFile: ../keys }
routes: [{ upstream: 'http://127.0.0.1:3000' }]
`,
      secret: ' spaces count \r\n',
    },
    keys: `\r\n# old\r\n${sessionKey}\r\n`,
  })
  mkdirSync(join(folder, 'elsewhere'))
  writeFileSync(join(folder, 'elsewhere', 'secret'), 'from the environment\n')
  const file = join(folder, 'conf/valetkey.yaml')

  const config = loadConfig({ file, env: {} })
  t.strictSame(config.session.keys, [sessionKey])
  t.equal(config.session.keysFile, join(folder, 'keys'), 'which is read again later')
  t.equal(config.providers[0]?.clientSecretFile, join(folder, 'conf/secret'), 'and so is this')

  const env = { VALETKEY_CLIENT_SECRET_FILE: join(folder, 'elsewhere/secret') }
  t.equal(
    loadConfig({ file, env }).providers[0]?.clientSecretFile,
    join(folder, 'elsewhere/secret'),
  )
})

t.test('publicUrl becomes an origin', async (t) => {
  const env = { ...environment, VALETKEY_PUBLIC_URL: 'https://APP.example.com:443/' }
  t.equal(loadConfig({ env }).publicUrl, 'https://app.example.com')
})

t.test('a short lifetime takes the default inactivity timeout down with it', async (t) => {
  const yaml = fullExample.replace(/ {2}inactivityTimeout: 8h\n {2}lifetime: 24h/, '  lifetime: 1h')
  t.equal(loadText(yaml, {}, fullExampleFiles).session.inactivityTimeout, 3_600_000)
  const long = fullExample.replace(/ {2}inactivityTimeout: 8h\n/, '')
  t.equal(loadText(long, {}, fullExampleFiles).session.inactivityTimeout, 8 * 3_600_000)
})

t.test('aliases are copies: an override of one use leaves the other alone', async (t) => {
  const yaml = fullExample
    .replaceAll('http://127.0.0.1:3000', '*app')
    .replace('listen: 0.0.0.0:4180', 'listen: &app http://127.0.0.1:4000')
  t.strictSame(
    problemsOf(yaml, { VALETKEY_LISTEN: '0.0.0.0:4180' }, fullExampleFiles),
    [],
    'the alias still has the text of its anchor',
  )
})

t.test('JSON is read as well', async (t) => {
  const json = JSON.stringify({
    publicUrl: 'http://localhost:4180',
    providers: [{ issuer: 'http://localhost:9000', clientId: 'a', clientAuthentication: 'none' }],
    routes: [{ upstream: 'http://localhost:3000' }],
  })
  t.equal(loadText(json).providers[0]?.clientAuthentication, 'none')
})

t.test('a file that cannot be read is a ConfigError', async (t) => {
  const missing = join(t.testdir({}), 'none.yaml')
  t.throws(
    () => loadConfig({ file: missing, env: environment }),
    new ConfigError([{ path: '', message: `the file ${missing} cannot be read (ENOENT)` }]),
  )
})

function problemsWithoutFile(env: NodeJS.ProcessEnv): readonly unknown[] {
  try {
    loadConfig({ env })
    return []
  } catch (error) {
    return error instanceof ConfigError ? error.problems : [error]
  }
}

t.test('without a file, and without an environment in its place, it says so first', async (t) => {
  const hint = { path: '', message: /^no --config was given/ }
  for (const env of [{}, { VALETKEY_CLIENT_SECRET: 'a secret' }]) {
    t.match(problemsWithoutFile(env).slice(0, 2), [
      hint,
      { path: 'publicUrl', message: /is missing/ },
    ])
  }
  const { VALETKEY_ISSUER: _issuer, ...others } = environment
  t.match(
    problemsWithoutFile(others),
    [{ path: 'providers[0].issuer' }],
    'the environment is in its place',
  )
  t.match(problemsOf('listen: 0.0.0.0:4180')[0], { path: 'publicUrl' }, 'there is a file')
})

t.test('the message of a ConfigError lists every problem with its line', async (t) => {
  t.throws(() => loadText('publicUrl: https://a.example\nlisen: x'), {
    code: 'ERR_CONFIG_INVALID',
    message: `the configuration has 3 problems:
  providers (line 1): is missing (or set VALETKEY_ISSUER and VALETKEY_CLIENT_ID): The OpenID providers, one or several.
  routes (line 1): is missing (or set VALETKEY_UPSTREAM): Where requests go; the first match wins, a request that matches none gets 404.
  lisen (line 2): is not a setting; did you mean "listen"?`,
  })
})

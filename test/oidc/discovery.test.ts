import { EventEmitter, once } from 'node:events'
import { createServer } from 'node:https'
import { gzipSync } from 'node:zlib'
import t, { type Test } from 'tap'
import { createDiscovery, retryDelayMs } from '../../src/oidc/discovery.js'
import { OidcError } from '../../src/oidc/errors.js'
import {
  discoveryUrl,
  validateProviderMetadata,
  type ProviderMetadata,
} from '../../src/oidc/provider-metadata.js'
import { createRelyingParty } from '../../src/oidc/relying-party.js'
import { providerConfig } from '../helpers/provider-config.js'
import { certificate, privateKey } from '../proxy/self-signed.js'
import { redirectUri, setUpHostile } from './hostile-login.js'

/** 64 MiB of blanks around an empty object, in some 64 KiB. */
const bomb = gzipSync(
  Buffer.concat([Buffer.from('{'), Buffer.alloc(64 * 1024 * 1024, 32), Buffer.from('}')]),
)
const logger = { info() {}, warn() {} }
const issuer = 'https://idp.example.com'
const document = {
  issuer,
  authorization_endpoint: 'https://login.example.com/authorize',
  token_endpoint: 'https://idp.example.com/token',
  jwks_uri: 'https://idp.example.com/jwks',
}
const config = providerConfig({ issuer })
const metadata: ProviderMetadata = validateProviderMetadata(document, config)

t.test('DISC-1 the metadata are below the issuer, without its last slash', async (t) => {
  const path = '/.well-known/openid-configuration'
  t.equal(discoveryUrl({ issuer: 'https://idp.example.com' }), `https://idp.example.com${path}`)
  t.equal(discoveryUrl({ issuer: 'https://idp.example.com/' }), `https://idp.example.com${path}`)
  t.equal(
    discoveryUrl({ issuer: 'https://idp.example.com/realms/a' }),
    `https://idp.example.com/realms/a${path}`,
  )
  t.equal(
    discoveryUrl({ issuer: 'https://idp.example.com/dex/' }),
    `https://idp.example.com/dex${path}`,
  )
})

t.test('DISC-1 asks there, for an issuer with a path', async (t) => {
  const { provider } = await setUpHostile(t)
  const withPath = `${provider.issuer}/realms/main/`
  provider.metadata['issuer'] = withPath
  const party = createRelyingParty(providerConfig({ issuer: withPath }), {
    neededClaims: [],
    logger,
  })
  t.teardown(() => party.stop())
  await party.beginLogin({ redirectUri, now: Date.now() })
  t.equal(provider.callsTo('/realms/main/.well-known/openid-configuration'), 1)
})

for (const [title, bent] of Object.entries({
  'another host': 'https://attacker.example.com',
  'a trailing slash': `${issuer}/`,
  capitals: 'https://IDP.example.com',
  'plain http': 'http://idp.example.com',
  'a port': 'https://idp.example.com:443',
  nothing: undefined,
  'a list': [issuer],
})) {
  t.test(`DISC-2 refuses metadata whose issuer has ${title}`, async (t) => {
    t.throws(() => validateProviderMetadata({ ...document, issuer: bent }, config), {
      code: 'ERR_PROVIDER_ISSUER',
    })
  })
}

t.test('DISC-2 a login at an issuer that calls itself otherwise is refused', async (t) => {
  const { provider, party, begin } = await setUpHostile(t)
  provider.metadata['issuer'] = `${provider.issuer}/`
  await t.rejects(begin(), { code: 'ERR_PROVIDER_UNAVAILABLE', message: /ERR_PROVIDER_ISSUER/ })
  t.match(party.readiness(), { ready: false, reason: /ERR_PROVIDER_ISSUER/ })
  await t.rejects(party.checkOnline(), { code: 'ERR_PROVIDER_ISSUER' })
})

for (const name of ['authorization_endpoint', 'token_endpoint', 'jwks_uri'] as const) {
  t.test(`DISC-3 refuses metadata without a usable ${name}`, async (t) => {
    for (const url of [
      undefined,
      null,
      '',
      7,
      '/token',
      'http://idp.example.com/token',
      'javascript:alert(1)',
      'file:///etc/passwd',
      'https://user:password@idp.example.com/',
      'https://idp.example.com/#x',
      'https://169.254.169.254/latest',
      'https://10.0.0.8/',
      'https://[::1]/',
      'https://[::ffff:10.0.0.8]/',
      'https://[64:ff9b::a00:8]/',
      'https://100.100.100.200/latest',
      'https://2130706433/',
      'https://localhost/',
      'https://localhost./',
      'http://127.0.0.1/',
    ]) {
      const read = () =>
        validateProviderMetadata({ ...document, [name]: url }, providerConfig({ issuer }))
      t.throws(read, { code: 'ERR_PROVIDER_METADATA' }, JSON.stringify(url))
    }
  })
}

t.test('DISC-3 refuses a bad optional endpoint as well', async (t) => {
  for (const name of ['userinfo_endpoint', 'end_session_endpoint']) {
    const read = () =>
      validateProviderMetadata({ ...document, [name]: 'http://x/' }, providerConfig({ issuer }))
    t.throws(read, { code: 'ERR_PROVIDER_METADATA' })
  }
})

const plain = (host: string) => ({
  issuer: `http://${host}`,
  authorization_endpoint: `http://${host}/a`,
  token_endpoint: `http://${host}/t`,
  jwks_uri: `http://${host}/j`,
})

t.test('DISC-3 plain http goes on loopback, elsewhere only when it is allowed', async (t) => {
  for (const host of ['127.0.0.1:8080', '[::1]:8080', 'localhost:8080', 'idp.localhost']) {
    t.ok(validateProviderMetadata(plain(host), providerConfig({ issuer: `http://${host}` })), host)
  }
  for (const host of ['idp.example.com', '10.0.0.8', 'localhost.example.com', '128.0.0.1']) {
    const strict = providerConfig({ issuer: `http://${host}` })
    t.throws(() => validateProviderMetadata(plain(host), strict), /off loopback/, host)
    t.ok(validateProviderMetadata(plain(host), { ...strict, allowInsecureIssuer: true }), host)
  }
})

t.test('DISC-3 an insecure issuer is not even asked', async (t) => {
  const insecure = providerConfig({ issuer: 'http://idp.example.com' })
  const party = createRelyingParty(insecure, { neededClaims: [], logger })
  t.teardown(() => party.stop())
  await t.rejects(party.checkOnline(), { code: 'ERR_PROVIDER_METADATA', message: /off loopback/ })
})

const acceptedOf = (announced: unknown) =>
  validateProviderMetadata(
    { ...document, id_token_signing_alg_values_supported: announced },
    config,
  ).idTokenAlgorithms

t.test('CORE-8 metadata: only asymmetric algorithms by default', async (t) => {
  t.same(acceptedOf(['none', 'HS256', 'RS256', 'PS256', 'XX']), ['RS256', 'PS256'])
  t.same(acceptedOf(undefined), ['RS256'])
  t.throws(() => acceptedOf(['HS256', 'none']), { code: 'ERR_PROVIDER_METADATA' })
})

for (const [title, answer] of [
  ['a redirect', { status: 302, headers: { location: '/elsewhere' } }],
  ['404', { status: 404 }],
  ['503', { status: 503 }],
  ['a page', { body: '<h1>Hi</h1>' }],
  ['a list', { body: '[]' }],
  ['more than a mebibyte', { body: `{"a":"${'x'.repeat(1_100_000)}"}` }],
  ['a cut line', 'reset'],
  ['silence', 'hang'],
  ['half an answer', 'stall'],
  ['B16-21 a decompression bomb', { headers: { 'content-encoding': 'gzip' }, body: bomb }],
] as const) {
  t.test(`DISC-4 a discovery answered with ${title} is told and tried again`, async (t) => {
    const { provider, party, begin } = await setUpHostile(t, { timeout: 1000 })
    const path = '/.well-known/openid-configuration'
    provider.answers.set(path, answer)
    await t.rejects(begin(), { code: 'ERR_PROVIDER_UNAVAILABLE' })
    t.match(party.readiness(), { ready: false, reason: String })
    t.equal(provider.callsTo('/elsewhere'), 0)
    provider.answers.delete(path)
    t.match(await begin(), { url: String })
    t.same(party.readiness(), { ready: true })
  })
}

t.test('DISC-4 logins that begin together wait for one discovery', async (t) => {
  const { provider, begin } = await setUpHostile(t)
  await Promise.all(Array.from({ length: 10 }, begin))
  t.equal(provider.callsTo('/.well-known/openid-configuration'), 1)
})

t.test('DISC-4 the background heals what failed at the start', async (t) => {
  const { provider, party } = await setUpHostile(t)
  const path = '/.well-known/openid-configuration'
  provider.answers.set(path, { status: 503 })
  const first = provider.nextCall(path)
  party.start()
  await first
  const second = provider.nextCall(path)
  provider.answers.delete(path)
  await second
  t.match(await party.beginLogin({ redirectUri, now: Date.now() }), { url: String })
  t.equal(provider.callsTo(path), 2)
})

/** Emits each attempt of a discovery, numbered from 1, once it is over. */
function watched(load: (attempt: number) => ProviderMetadata, t: Test) {
  const attempts = new EventEmitter()
  let count = 0
  const discovery = createDiscovery({
    async load() {
      const attempt = ++count
      setImmediate(() => attempts.emit(String(attempt)))
      return load(attempt)
    },
    issuer,
    logger,
    refreshIntervalMs: 5,
  })
  t.teardown(() => discovery.stop())
  // The timers of discovery alone do not keep a process running.
  const alive = setInterval(() => {}, 1000)
  t.teardown(() => clearInterval(alive))
  return { discovery, attempts, count: () => count }
}

t.test('DISC-4 a refresh never swaps in the metadata of another issuer', async (t) => {
  const tokenEndpoint = 'https://idp.example.com/token-2'
  const { discovery, attempts } = watched((attempt) => {
    if (attempt === 2) throw new OidcError('ERR_PROVIDER_ISSUER', 'another issuer')
    return attempt === 1 ? metadata : { ...metadata, tokenEndpoint }
  }, t)
  discovery.start()
  await once(attempts, '2')
  t.equal(discovery.current()?.tokenEndpoint, metadata.tokenEndpoint)
  t.match(discovery.lastFailure(), /ERR_PROVIDER_ISSUER/)
  await once(attempts, '3')
  t.equal(discovery.current()?.tokenEndpoint, tokenEndpoint)
  t.equal(discovery.lastFailure(), undefined)
})

t.test('DISC-4 nothing is fetched after stop', async (t) => {
  const stopped = watched(() => {
    stopped.discovery.stop()
    return metadata
  }, t)
  stopped.discovery.start()
  await stopped.discovery.available()
  const witness = watched(() => metadata, t)
  witness.discovery.start()
  await once(witness.attempts, '4')
  t.equal(stopped.count(), 1)
})

t.test('DISC-4 retries wait half a second at first and half a minute at most', async (t) => {
  t.equal(retryDelayMs(1, 0), 500)
  t.equal(retryDelayMs(1, 1), 250)
  t.equal(retryDelayMs(3, 0), 2000)
  t.equal(retryDelayMs(1000, 0), 30_000)
  t.equal(retryDelayMs(1000, 1), 15_000)
})

t.test('DISC-3 a provider whose TLS certificate is not trusted is not believed', async (t) => {
  const server = createServer({ cert: certificate, key: privateKey }, (_request, response) => {
    response.end('{}')
  })
  server.listen(0, '127.0.0.1')
  t.teardown(() => server.close())
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  const local = providerConfig({ issuer: `https://localhost:${port}` })
  const party = createRelyingParty(local, { neededClaims: [], logger })
  t.teardown(() => party.stop())
  await t.rejects(party.checkOnline(), {
    code: 'ERR_PROVIDER_UNAVAILABLE',
    message: /self-signed certificate/,
  })
})

import { copyFile, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { ProviderConfig } from '../../src/config/schema.js'
import { createRelyingParty } from '../../src/oidc/relying-party.js'
import { createAuthority } from '../helpers/certificates.js'
import { providerConfig } from '../helpers/provider-config.js'
import type { TestProviderOptions } from '../helpers/provider.js'
import { certificate, privateKey } from '../proxy/self-signed.js'
import { sessionOf, setUpHostile } from './hostile-login.js'
import { logger, neededClaims, setUp, signIn } from './real-login.js'

const replace = (from: string, to: string) =>
  copyFile(from, `${to}.new`).then(() => rename(`${to}.new`, to))

const asClient = { clientAuthentication: 'tls_client_auth' } as const

/** A provider that asks for certificates, and the files of a client that has one of its authority. */
async function setUpMtls(
  t: Test,
  settings: Partial<ProviderConfig> = asClient,
  options: TestProviderOptions = {},
  folder = t.testdir(),
) {
  const authority = await createAuthority(folder)
  const { caFile } = authority
  const server = await authority.issue('server', 'IP:127.0.0.1')
  const client = await authority.issue('client', 'DNS:valetkey.example.com')
  const registered: TestProviderOptions['client'] = {
    client_secret: undefined,
    token_endpoint_auth_method: 'tls_client_auth',
    tls_client_auth_san_dns: 'valetkey.example.com',
  }
  const real = await setUp(
    t,
    { tls: { caFile, ...client }, ...settings },
    { revocation: true, tls: { ...server, caFile }, client: registered, ...options },
  )
  return { ...real, authority, client }
}

t.test(
  'MTLS-1 MTLS-2 BCP-9 oidcc-client-test-mtls-endpoint-aliases a certificate signs the client in, at the aliases',
  async (t) => {
    const { provider, party } = await setUpMtls(
      t,
      { ...asClient, userinfo: 'always' },
      {
        thinIdToken: true,
        revocation: true,
        client: {
          client_secret: undefined,
          token_endpoint_auth_method: 'tls_client_auth',
          tls_client_auth_san_dns: 'valetkey.example.com',
          tls_client_certificate_bound_access_tokens: true,
        },
      },
    )
    const { result } = await signIn(party)
    t.equal(result.identity.claims['email'], 'alice@example.com', 'by a token that is bound to it')
    t.match(await party.refresh(sessionOf(result), Date.now()), { kind: 'refreshed' })
    t.match(await party.revoke(result.tokens), [{ outcome: 'revoked' }, { outcome: 'revoked' }])
    t.ok(provider.requests.includes('GET /me'))
  },
)

t.test('FAPI-1 FAPI-2 FAPI-3 a certificate is enough to be bound to', async (t) => {
  const { provider, party } = await setUpMtls(
    t,
    {
      ...asClient,
      profile: 'fapi2',
      pushedAuthorizationRequests: 'always',
      idTokenSigningAlgorithms: ['PS256', 'ES256', 'EdDSA'],
      userinfo: 'always',
    },
    {
      fapi: true,
      pushedRequests: 'required',
      client: {
        client_secret: undefined,
        token_endpoint_auth_method: 'tls_client_auth',
        tls_client_auth_san_dns: 'valetkey.example.com',
        tls_client_certificate_bound_access_tokens: true,
        id_token_signed_response_alg: 'ES256',
      },
    },
  )
  const { result } = await signIn(party)
  t.equal(result.tokens.dpopKey, undefined)
  t.match(await party.refresh(sessionOf(result), Date.now()), { kind: 'refreshed' })
  t.ok(provider.requests.includes('POST /request'))
})

t.test('MTLS-1 a certificate of its own making signs the client in', async (t) => {
  const clientAuthentication = 'self_signed_tls_client_auth' as const
  const folder = t.testdir({ 'own.crt': certificate, 'own.key': privateKey })
  const files = { certFile: join(folder, 'own.crt'), keyFile: join(folder, 'own.key') }
  const settings = { clientAuthentication, tls: files }
  const issuer = 'https://idp.example.com'
  const unused = createRelyingParty(providerConfig({ issuer, ...settings }), {
    neededClaims,
    logger,
  })
  const jwks: unknown = JSON.parse(JSON.stringify(await unused.clientJwks()))
  t.match(jwks, { keys: [{ kty: 'EC', x5c: [String], 'x5t#S256': /^[\w-]{43}$/, d: undefined }] })

  const registered = {
    client_secret: undefined,
    token_endpoint_auth_method: clientAuthentication,
    jwks: { keys: Array.from<{ kty: string }>(Reflect.get(Object(jwks), 'keys')) },
  }
  const { authority, config, provider } = await setUpMtls(
    t,
    settings,
    { client: registered },
    folder,
  )
  const trusting = { ...config, tls: { ...files, caFile: authority.caFile } }
  const party = createRelyingParty(trusting, { neededClaims, logger })
  t.teardown(() => party.stop())
  t.match(await signIn(party), { result: { identity: { sub: 'alice' } } })

  // The next certificate stands behind this one until the provider knows it.
  const next = await authority.issue('next', 'DNS:localhost')
  await writeFile(files.certFile, certificate + (await readFile(next.certFile, 'utf8')))
  t.match(await party.clientJwks(), { keys: [{}, {}] })
  t.match(await signIn(party), { result: { identity: { sub: 'alice' } } })
  t.same(
    provider.tokenRequests.map(({ status }) => status),
    [200, 200],
  )
})

t.test(
  'MTLS-1 a client that the provider does not know by its certificate is refused',
  async (t) => {
    const { provider, party } = await setUpMtls(t)
    await provider.changeClient({ tlsClientAuthSanDns: 'other.example.com' })
    await t.rejects(signIn(party), { code: 'ERR_PROVIDER_REJECTED_CLIENT' })
  },
)

t.test('MTLS-1 without a certificate it is an error of the configuration', async (t) => {
  const config = providerConfig({ issuer: 'https://idp.example.com', ...asClient })
  t.throws(() => createRelyingParty(config, { neededClaims, logger }), {
    code: 'ERR_PROVIDER_CONFIGURATION',
    message: /tls\.certFile/,
  })
})

t.test('MTLS-4 a new certificate counts at once, also where connections are open', async (t) => {
  const { provider, party, authority, client } = await setUpMtls(t, asClient, {
    rotateRefreshTokens: false,
  })
  const session = sessionOf((await signIn(party)).result)
  const refresh = async () => (await party.refresh(session, Date.now())).kind
  const next = await authority.issue('next', 'DNS:next.example.com')
  await replace(next.keyFile, client.keyFile)
  t.equal(await refresh(), 'refreshed', 'a key that is not that of the certificate changes nothing')
  await replace(next.certFile, client.certFile)
  t.equal(await refresh(), 'unavailable', 'the provider does not know it yet')
  await provider.changeClient({ tlsClientAuthSanDns: 'next.example.com' })
  t.equal(await refresh(), 'refreshed')
})

t.test('MTLS-4 requests under way end on the connections of before', async (t) => {
  const { provider, party, authority, client } = await setUpMtls(t)
  const session = sessionOf((await signIn(party)).result)
  provider.pauseTokenEndpoint()
  const arrived = provider.nextTokenRequestArrival()
  const underWay = party.refresh(session, Date.now())
  await arrived
  const next = await authority.issue('next', 'DNS:valetkey.example.com')
  await copyFile(next.keyFile, client.keyFile)
  await copyFile(next.certFile, client.certFile)
  await party.checkOnline()
  provider.resumeTokenEndpoint()
  t.match(await underWay, { kind: 'refreshed' })
})

t.test('X12 a provider of a private authority is trusted by caFile alone', async (t) => {
  const { config } = await setUpMtls(t)
  const { caFile: _, ...tls } = config.tls ?? {}
  const party = createRelyingParty({ ...config, tls }, { neededClaims, logger })
  t.teardown(() => party.stop())
  await t.rejects(signIn(party), { code: 'ERR_PROVIDER_UNAVAILABLE', message: /certificate/ })
})

t.test('MTLS-2 B16-16 an alias that cannot be used is an error', async (t) => {
  const folder = t.testdir({ 'client.crt': certificate, 'client.key': privateKey })
  const tls = { certFile: join(folder, 'client.crt'), keyFile: join(folder, 'client.key') }
  const withCertificate = await setUpHostile(t, { tls })
  const without = await setUpHostile(t)
  for (const [name, alias] of [
    ['token_endpoint', 'http://127.0.0.1/token'],
    ['token_endpoint', '/token'],
    ['token_endpoint', ''],
    ['revocation_endpoint', null],
    ['userinfo_endpoint', 7],
    ['userinfo_endpoint', 'https://10.0.0.1/userinfo'],
    ['introspection_endpoint', 'https://u:p@idp.example.com/'],
    ['pushed_authorization_request_endpoint', []],
  ] as const) {
    const aliases = { [name]: alias }
    withCertificate.provider.metadata['mtls_endpoint_aliases'] = aliases
    await t.rejects(withCertificate.party.checkOnline(), {
      code: 'ERR_PROVIDER_METADATA',
      message: new RegExp(`mtls_endpoint_aliases\\.${name}`),
    })
    without.provider.metadata['mtls_endpoint_aliases'] = aliases
    await t.resolves(without.party.checkOnline(), 'nobody uses it')
  }
  for (const aliases of ['text', 7, []]) {
    withCertificate.provider.metadata['mtls_endpoint_aliases'] = aliases
    await t.rejects(withCertificate.party.checkOnline(), { code: 'ERR_PROVIDER_METADATA' })
  }
})

t.test('MTLS-2 an alias of an endpoint for browsers is not used', async (t) => {
  const folder = t.testdir({ 'client.crt': certificate, 'client.key': privateKey })
  const tls = { certFile: join(folder, 'client.crt'), keyFile: join(folder, 'client.key') }
  const { provider, party } = await setUpHostile(t, { tls })
  provider.metadata['mtls_endpoint_aliases'] = {
    authorization_endpoint: 'https://mtls.example.com/authorize',
    jwks_uri: 'https://mtls.example.com/jwks',
  }
  await party.checkOnline()
  const { url } = await party.beginLogin({ redirectUri: 'http://127.0.0.1:9/', now: Date.now() })
  t.ok(url.startsWith(`${provider.issuer}/authorize?`))
})

import { generateKeyPairSync } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createLocalJWKSet, exportJWK, jwtVerify, type JWK } from 'jose'
import t, { type Test } from 'tap'
import type { ProviderConfig } from '../../src/config/schema.js'
import { setUpHostile } from './hostile-login.js'
import { setUp, signIn } from './real-login.js'

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const clientKey: JWK = {
  ...(await exportJWK(publicKey)),
  kid: 'client-1',
  alg: 'ES256',
  use: 'sig',
}
const jwks = { keys: [clientKey] }

/** The settings of a client that signs its requests. */
async function signing(t: Test, settings: Partial<ProviderConfig> = {}) {
  const clientKeyFile = join(t.testdir(), 'client-key.json')
  const jwk = { ...privateKey.export({ format: 'jwk' }), kid: 'client-1' }
  await writeFile(clientKeyFile, JSON.stringify(jwk))
  return { signedAuthorizationRequests: 'always' as const, clientKeyFile, ...settings }
}

t.test('JAR-1 JAR-2 the request is signed, for this provider and a short while', async (t) => {
  const resources = ['https://a.example/', 'https://b.example/']
  const claims = { id_token: { email: null } }
  const settings = await signing(t, { maxAge: 60_000, resources, claims })
  const { provider, begin } = await setUpHostile(t, settings)
  const before = Math.floor(Date.now() / 1000)
  const { url, transaction, redirectUri } = await begin()
  const { searchParams } = new URL(url)
  t.strictSame(
    [...searchParams.keys()].toSorted(),
    ['client_id', 'request', 'response_type', 'scope'],
    'nothing else is outside',
  )
  t.match(Object.fromEntries(searchParams), {
    client_id: 'app',
    response_type: 'code',
    scope: 'openid profile email',
  })
  const { payload, protectedHeader } = await jwtVerify(
    searchParams.get('request') ?? '',
    createLocalJWKSet(jwks),
  )
  t.strictSame(protectedHeader, { alg: 'ES256', kid: 'client-1', typ: 'oauth-authz-req+jwt' })
  const { iat = 0, exp = 0, nbf = 0, jti, code_challenge: challenge, ...inside } = payload
  t.strictSame(inside, {
    iss: 'app',
    aud: provider.issuer,
    client_id: 'app',
    response_type: 'code',
    scope: 'openid profile email',
    redirect_uri: redirectUri,
    state: transaction.state,
    nonce: transaction.nonce,
    code_challenge_method: 'S256',
    max_age: 60,
    claims,
    resource: resources,
  })
  t.match(challenge, /^[\w-]{43}$/)
  t.match(jti, /^[0-9a-f-]{36}$/)
  t.ok(iat >= before && exp > iat && exp - iat <= 300)
  t.ok(nbf <= iat && exp - nbf <= 3600)
})

t.test('JAR-1 the audience is the issuer as the metadata name it', async (t) => {
  const { provider, begin } = await setUpHostile(t, await signing(t, { issuerSlash: 'either' }))
  provider.metadata['issuer'] = `${provider.issuer}/`
  const request = new URL((await begin()).url).searchParams.get('request') ?? ''
  const { payload } = await jwtVerify(request, createLocalJWKSet(jwks))
  t.equal(payload.aud, `${provider.issuer}/`)
})

t.test('JAR-1 no two request objects have the same jti', async (t) => {
  const { begin } = await setUpHostile(t, await signing(t))
  const jtiOf = async () => {
    const request = new URL((await begin()).url).searchParams.get('request') ?? ''
    return (await jwtVerify(request, createLocalJWKSet(jwks))).payload.jti
  }
  t.not(await jtiOf(), await jtiOf())
})

t.test('JAR-2 a real provider that requires signed requests gets them', async (t) => {
  const { clientKeyFile } = await signing(t)
  const { party } = await setUp(
    t,
    { clientKeyFile },
    { signedRequests: 'required', client: { jwks, request_object_signing_alg: 'ES256' } },
  )
  t.match(await signIn(party), { result: { identity: { sub: 'alice' } } })
})

t.test('JAR-2 PAR-1 a signed request can be pushed as well', async (t) => {
  const settings = await signing(t, { pushedAuthorizationRequests: 'always' })
  const { party } = await setUp(t, settings, {
    signedRequests: 'required',
    pushedRequests: 'required',
    client: { jwks, request_object_signing_alg: 'ES256' },
  })
  t.match(await signIn(party), { result: { identity: { sub: 'alice' } } })
})

t.test('JAR-2 of a signed request that is pushed only the JWT is sent', async (t) => {
  const settings = await signing(t, { pushedAuthorizationRequests: 'always' })
  const { provider, begin, logIn } = await setUpHostile(t, settings)
  const { issuer, metadata } = provider
  metadata['pushed_authorization_request_endpoint'] = `${issuer}/par`
  const { url } = await begin()
  t.strictSame([...new URL(url).searchParams.keys()].toSorted(), ['client_id', 'request_uri'])
  const push = provider.calls.find(({ path }) => path === '/par')
  t.strictSame([...(push?.form.keys() ?? [])].toSorted(), ['client_id', 'request'])
  t.match(await logIn(), { identity: { sub: 'alice' } })
})

t.test('JAR-2 without a key nothing is sent where signed requests are required', async (t) => {
  const { provider, begin } = await setUpHostile(t)
  provider.metadata['require_signed_request_object'] = true
  await t.rejects(begin(), { code: 'ERR_PROVIDER_CONFIGURATION', message: /clientKeyFile/ })
})

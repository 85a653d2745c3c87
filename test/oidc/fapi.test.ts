import { generateKeyPairSync } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { decodeJwt } from 'jose'
import t, { type Test } from 'tap'
import type { ProviderConfig } from '../../src/config/schema.js'
import { createTestKey, publicJwk } from '../helpers/hostile-provider.js'
import { sessionOf, setUpHostile } from './hostile-login.js'
import { setUp, signIn } from './real-login.js'

const seconds = () => Math.floor(Date.now() / 1000)

const bankKey = createTestKey('bank', 'ES256')

/** A double that keeps to FAPI 2.0 as long as it is left alone, and a client with the profile. */
async function setUpFapi(t: Test, settings: Partial<ProviderConfig> = {}) {
  const clientKeyFile = join(t.testdir(), 'client-key')
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  await writeFile(clientKeyFile, privateKey.export({ type: 'pkcs8', format: 'pem' }))
  const hostile = await setUpHostile(t, {
    profile: 'fapi2',
    clientAuthentication: 'private_key_jwt',
    clientKeyFile,
    pushedAuthorizationRequests: 'always',
    dpop: 'required',
    idTokenSigningAlgorithms: ['PS256', 'ES256', 'EdDSA'],
    ...settings,
  })
  const { provider } = hostile
  const { issuer } = provider
  Object.assign(provider.metadata, {
    pushed_authorization_request_endpoint: `${issuer}/par`,
    require_pushed_authorization_requests: true,
    authorization_response_iss_parameter_supported: true,
    code_challenge_methods_supported: ['S256'],
    token_endpoint_auth_methods_supported: ['private_key_jwt', 'tls_client_auth'],
    dpop_signing_alg_values_supported: ['ES256'],
  })
  provider.jwks = { keys: [publicJwk(bankKey)] }
  provider.signWith = bankKey.privateKey
  provider.header = { alg: 'ES256', kid: 'bank' }
  provider.tokens['token_type'] = 'DPoP'

  async function begin() {
    const login = await hostile.begin()
    login.parameters.set('iss', issuer)
    return login
  }
  const logIn = async () => hostile.party.finishLogin(await begin())
  const callsTo = (path: string) => provider.calls.filter((call) => call.path === path)
  return { ...hostile, begin, logIn, callsTo }
}

t.test('FAPI-1 FAPI-2 FAPI-3 B16-18 a login by the book', async (t) => {
  const { begin, party, callsTo, provider } = await setUpFapi(t)
  const login = await begin()
  t.same([...new URL(login.url).searchParams.keys()].toSorted(), ['client_id', 'request_uri'])
  const [pushed] = callsTo('/par')
  t.match(Object.fromEntries(pushed?.form ?? []), {
    code_challenge_method: 'S256',
    dpop_jkt: /^[\w-]{43}$/,
    response_type: 'code',
  })
  const session = sessionOf(await party.finishLogin(login))
  t.match(await party.refresh(session, Date.now()), { kind: 'refreshed' })
  for (const { form, headers } of [...callsTo('/par'), ...callsTo('/token')]) {
    t.match(decodeJwt(form.get('client_assertion') ?? ''), { iss: 'app', aud: provider.issuer })
    t.equal(headers.authorization, undefined)
  }
})

for (const [id, what, metadata, reason] of [
  [
    'FAPI-2',
    'no PAR',
    { pushed_authorization_request_endpoint: undefined },
    /pushed_authorization_request_endpoint/,
  ],
  [
    'FAPI-2',
    'no iss',
    { authorization_response_iss_parameter_supported: undefined },
    /authorization_response_iss/,
  ],
  [
    'FAPI-2',
    'no PKCE',
    { code_challenge_methods_supported: undefined },
    /S256 in code_challenge_methods/,
  ],
  [
    'FAPI-2',
    'PKCE plain',
    { code_challenge_methods_supported: ['plain'] },
    /S256 in code_challenge_methods/,
  ],
  [
    'FAPI-1',
    'no keys of clients',
    { token_endpoint_auth_methods_supported: ['client_secret_basic'] },
    /private_key_jwt in token_endpoint_auth/,
  ],
  ['FAPI-3', 'no DPoP', { dpop_signing_alg_values_supported: undefined }, /announces no DPoP/],
  [
    'FAPI-4',
    'RS256 alone',
    { id_token_signing_alg_values_supported: ['RS256'] },
    /PS256, ES256, EdDSA in id_token/,
  ],
] as const) {
  t.test(`${id} a provider with ${what} is not ready, and says why`, async (t) => {
    const { provider, party, begin } = await setUpFapi(t)
    Object.assign(provider.metadata, metadata)
    await t.rejects(begin(), { code: 'ERR_PROVIDER_UNAVAILABLE' })
    t.match(party.readiness(), { ready: false, reason })
    await t.rejects(party.checkOnline(), { code: 'ERR_PROVIDER_METADATA', message: reason })
  })
}

t.test('FAPI-3 B16-17 DPoP is not forced where a certificate binds', async (t) => {
  const { provider, party, begin, logIn, callsTo } = await setUpFapi(t, { dpop: 'off' })
  await t.rejects(begin(), { code: 'ERR_PROVIDER_UNAVAILABLE' })
  t.match(party.readiness(), { reason: /tls_client_certificate_bound_access_tokens/ })
  provider.metadata['tls_client_certificate_bound_access_tokens'] = true
  provider.metadata['dpop_signing_alg_values_supported'] = undefined
  provider.tokens['token_type'] = 'Bearer'
  t.match(await logIn(), { identity: { sub: 'alice' } })
  t.equal(callsTo('/token').at(-1)?.headers['dpop'], undefined)
})

t.test(
  'FAPI-2 an authorization response without iss, or with another, goes no further',
  async (t) => {
    const { begin, party, provider } = await setUpFapi(t)
    for (const issuer of [undefined, '', 'https://other.example.com', `${provider.issuer}/`]) {
      const login = await begin()
      login.parameters.delete('iss')
      if (issuer !== undefined) login.parameters.set('iss', issuer)
      await t.rejects(party.finishLogin(login), { code: 'ERR_CALLBACK_ISSUER_MISMATCH' })
    }
    t.equal(provider.callsTo('/token'), 0)
  },
)

t.test('FAPI-4 signatures of other algorithms and short keys are refused', async (t) => {
  const { provider, logIn } = await setUpFapi(t)
  const rsa = createTestKey('rsa')
  provider.jwks = { keys: [{ ...publicJwk(rsa), alg: undefined }] }
  provider.signWith = rsa.privateKey
  provider.header = { alg: 'RS256', kid: 'rsa' }
  await t.rejects(logIn(), { code: 'ERR_ID_TOKEN_ALGORITHM' })

  const short = generateKeyPairSync('rsa', { modulusLength: 1024 })
  const jwk = { ...short.publicKey.export({ format: 'jwk' }), kid: 'short', use: 'sig' }
  provider.jwks = { keys: [jwk] }
  provider.signWith = short.privateKey
  provider.header = { alg: 'PS256', kid: 'short' }
  await t.rejects(logIn(), { code: /^ERR_(ID_TOKEN|PROVIDER_KEY)/ })
})

t.test(
  'FAPI-6 a clock that is 10 seconds ahead is tolerated, one of a minute is not',
  async (t) => {
    for (const clockTolerance of [10_000, 30_000, 60_000]) {
      const { provider, logIn } = await setUpFapi(t, { clockTolerance })
      for (const claim of ['iat', 'nbf']) {
        provider.claims = { [claim]: seconds() + 10 }
        t.match(await logIn(), { identity: { sub: 'alice' } }, `${claim} within ${clockTolerance}`)
        provider.claims = { [claim]: seconds() + 200 }
        await t.rejects(logIn(), { code: /^ERR_ID_TOKEN_(ISSUED_AT|NOT_YET_VALID)$/ })
      }
    }
  },
)

t.test('FAPI-7 refresh tokens may be rotated or stay', async (t) => {
  const { provider, party, logIn } = await setUpFapi(t)
  const session = sessionOf(await logIn())
  const rotated = await party.refresh(session, Date.now())
  t.match(rotated, { kind: 'refreshed' })
  provider.tokens['refresh_token'] = undefined
  t.match(await party.refresh(session, Date.now()), {
    kind: 'refreshed',
    tokens: { refreshToken: session.tokens.refreshToken },
  })
})

t.test('FAPI-8 the nonce that is sent must come back', async (t) => {
  const { provider, logIn } = await setUpFapi(t)
  for (const nonce of [undefined, '', 'another']) {
    provider.claims = { nonce }
    await t.rejects(logIn(), { code: 'ERR_ID_TOKEN_NONCE' })
  }
})

t.test('DPOP-3 PKJ-2 B16-15 the request with the nonce has an assertion of its own', async (t) => {
  const { provider, logIn, callsTo } = await setUpFapi(t)
  provider.answers.set('/token', {
    status: 400,
    headers: { 'dpop-nonce': 'n' },
    body: '{"error":"use_dpop_nonce"}',
  })
  const heal = provider.nextCall('/token').then(() => provider.answers.delete('/token'))
  await logIn()
  await heal
  const [first, second] = callsTo('/token').map(({ form, headers }) => ({
    assertion: decodeJwt(form.get('client_assertion') ?? '').jti,
    proof: decodeJwt(String(headers['dpop'])).jti,
    code: form.get('code'),
  }))
  t.not(first?.assertion, second?.assertion)
  t.not(first?.proof, second?.proof)
  t.equal(first?.code, second?.code)
})

t.test('FAPI-8 a real provider and a client that sign all that passes between them', async (t) => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const named = { kid: 'client-key', use: 'sig', alg: 'ES256' }
  const clientKeyFile = join(t.testdir(), 'client-key')
  const jwk = { ...privateKey.export({ format: 'jwk' }), ...named }
  await writeFile(clientKeyFile, JSON.stringify(jwk))
  const { party, provider } = await setUp(
    t,
    {
      profile: 'fapi2-message-signing',
      clientAuthentication: 'private_key_jwt',
      clientKeyFile,
      pushedAuthorizationRequests: 'always',
      signedAuthorizationRequests: 'always',
      responseMode: 'jwt',
      dpop: 'required',
      idTokenSigningAlgorithms: ['PS256', 'ES256', 'EdDSA'],
    },
    {
      fapi: true,
      dpop: 'nonces',
      pushedRequests: 'required',
      signedRequests: 'required',
      responseTokens: true,
      client: {
        client_secret: undefined,
        token_endpoint_auth_method: 'private_key_jwt',
        token_endpoint_auth_signing_alg: 'ES256',
        request_object_signing_alg: 'ES256',
        authorization_signed_response_alg: 'ES256',
        id_token_signed_response_alg: 'ES256',
        dpop_bound_access_tokens: true,
        jwks: { keys: [{ kty: 'EC', ...publicKey.export({ format: 'jwk' }), ...named }] },
      },
    },
  )
  const { result, answer } = await signIn(party)
  t.same([...answer.parameters.keys()], ['response'], 'nothing came in the clear')
  t.equal(result.identity.sub, 'alice')
  t.match(await party.refresh(sessionOf(result), Date.now()), { kind: 'refreshed' })
  t.ok(provider.requests.includes('POST /request'))
})

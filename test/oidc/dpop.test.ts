import { join } from 'node:path'
import t from 'tap'
import { calculateJwkThumbprint, decodeJwt, decodeProtectedHeader } from 'jose'
import type { ProviderConfig } from '../../src/config/schema.js'
import { createDpopVerifier } from '../helpers/dpop-verifier.js'
import type { SeenCall } from '../helpers/hostile-provider.js'
import { createJarFetch } from '../helpers/jar-fetch.js'
import { signInAtProvider } from '../helpers/provider.js'
import { redirectUri, sessionOf, setUpHostile } from './hostile-login.js'
import { setUp, signIn } from './real-login.js'

const required: Partial<ProviderConfig> = { dpop: 'required' }

/** A double that binds tokens, and its relying party, which asks userinfo as well. */
async function setUpBinding(
  t: Parameters<typeof setUpHostile>[0],
  neededClaims = ['email'],
  settings: Partial<ProviderConfig> = {},
) {
  const double = await setUpHostile(t, { ...required, ...settings }, neededClaims)
  double.provider.metadata['dpop_signing_alg_values_supported'] = ['RS256', 'EdDSA', 'ES256']
  double.provider.tokens['token_type'] = 'DPoP'
  const callsTo = (path: string) => double.provider.calls.filter((call) => call.path === path)
  return { ...double, callsTo, verifier: createDpopVerifier() }
}

const nonceOf = ({ headers }: SeenCall) => decodeJwt(String(headers['dpop']))['nonce']

/** Refuses until a proof has the nonce. */
const wantsNonce = (nonce: string) => ({
  status: 400,
  headers: { 'dpop-nonce': nonce },
  body: '{"error":"use_dpop_nonce"}',
})

t.test(
  'DPOP-1 DPOP-6 the requests of a session have proofs with one key, each its own',
  async (t) => {
    const { provider, party, logIn, callsTo, verifier } = await setUpBinding(t)
    const session = sessionOf(await logIn())
    t.match(await party.refresh(session, Date.now()), { kind: 'refreshed' })

    const proofs = [...callsTo('/token'), ...callsTo('/userinfo')]
    t.equal(proofs.length, 4)
    const keys = proofs.map(({ path, method, headers }) => {
      const accessToken = /^DPoP (.+)/.exec(headers.authorization ?? '')?.[1]
      t.equal(accessToken === undefined, path === '/token', 'userinfo gets no bearer token')
      return verifier.verify(headers['dpop'], { method, uri: provider.issuer + path, accessToken })
    })
    t.equal(new Set(await Promise.all(keys)).size, 1)

    const other = sessionOf(await logIn())
    t.not(other.tokens.dpopKey?.x, session.tokens.dpopKey?.x, 'another session has another key')
  },
)

t.test('DPOP-1 the algorithm is one that the provider announces', async (t) => {
  for (const [announced, alg] of [
    [['RS256', 'ES256'], 'ES256'],
    [['EdDSA'], 'EdDSA'],
    [['Ed25519', 'ES384'], 'Ed25519'],
  ] as const) {
    const { provider, logIn, callsTo, verifier } = await setUpBinding(t, [])
    provider.metadata['dpop_signing_alg_values_supported'] = announced
    await logIn()
    const proof = callsTo('/token')[0]?.headers['dpop']
    t.equal(decodeProtectedHeader(String(proof)).alg, alg)
    await verifier.verify(proof, { method: 'POST', uri: `${provider.issuer}/token` })
  }
})

t.test('DPOP-1 a provider that announces none is not ready, and says why', async (t) => {
  for (const announced of [undefined, [], ['RS256'], 'ES256']) {
    const { provider, party, begin } = await setUpBinding(t)
    provider.metadata['dpop_signing_alg_values_supported'] = announced
    await t.rejects(begin(), { code: 'ERR_PROVIDER_UNAVAILABLE' })
    t.match(party.readiness(), { ready: false, reason: /ERR_PROVIDER_METADATA.*announces no DPoP/ })
  }
})

t.test('DPOP-2 a token that is not bound is refused, at the login and at a refresh', async (t) => {
  const { provider, party, logIn } = await setUpBinding(t)
  for (const type of ['Bearer', 'mac', undefined]) {
    provider.tokens['token_type'] = type
    await t.rejects(logIn(), { code: 'ERR_TOKEN_RESPONSE' }, String(type))
  }
  provider.tokens['token_type'] = 'dPoP'
  const session = sessionOf(await logIn())
  provider.tokens['token_type'] = 'Bearer'
  t.match(await party.refresh(session, Date.now()), { kind: 'unavailable', reason: /not DPoP/ })
})

t.test('DPOP-3 a request that lacks a nonce is made once more with it', async (t) => {
  const { provider, logIn, callsTo } = await setUpBinding(t, [])
  provider.answers.set('/token', wantsNonce('first'))
  const heal = provider.nextCall('/token').then(() => provider.answers.delete('/token'))
  await logIn()
  await heal
  t.same(callsTo('/token').map(nonceOf), [undefined, 'first'])

  await logIn()
  t.same(callsTo('/token').map(nonceOf), [undefined, 'first', 'first'], 'the next session has it')
})

t.test('DPOP-1 DPOP-3 the other client secret goes with a proof of its own', async (t) => {
  const clientSecretFile = join(t.testdir({ secrets: 'old\nnew\n' }), 'secrets')
  const { provider, logIn, callsTo, verifier } = await setUpBinding(t, [], {
    clientSecretFile,
  })
  const refusal = { status: 401, body: '{"error":"invalid_client"}' }
  provider.answers.set('/token', { ...refusal, headers: { 'dpop-nonce': 'n' } })
  const heal = provider.nextCall('/token').then(() => provider.answers.delete('/token'))
  await logIn()
  await heal

  const [first, second] = callsTo('/token')
  const request = { method: 'POST', uri: `${provider.issuer}/token` }
  const key = await verifier.verify(first?.headers['dpop'], request)
  t.equal(await verifier.verify(second?.headers['dpop'], { ...request, nonce: 'n' }), key)
})

t.test('DPOP-3 a nonce comes with any answer, and belongs to its server', async (t) => {
  const { provider, logIn, callsTo } = await setUpBinding(t)
  provider.answers.set('/userinfo', {
    headers: { 'dpop-nonce': 'of userinfo' },
    body: '{"sub":"alice"}',
  })
  await logIn()
  await logIn()
  t.same(callsTo('/token').map(nonceOf), [undefined, 'of userinfo'])
})

t.test('DPOP-3 userinfo asks for a nonce by a challenge', async (t) => {
  const { provider, logIn, callsTo } = await setUpBinding(t)
  provider.answers.set('/userinfo', {
    status: 401,
    headers: { 'dpop-nonce': 'n', 'www-authenticate': 'dpop error="use_dpop_nonce"' },
  })
  const heal = provider.nextCall('/userinfo').then(() => provider.answers.delete('/userinfo'))
  await logIn()
  await heal
  t.same(callsTo('/userinfo').map(nonceOf), [undefined, 'n'])
})

t.test('DPOP-3 who asks for a nonce again and again is asked twice', async (t) => {
  const { provider, party, logIn, callsTo } = await setUpBinding(t, [])
  const session = sessionOf(await logIn())
  provider.answers.set('/token', wantsNonce('never enough'))
  const expected = { code: 'ERR_TOKEN_RESPONSE', providerError: 'use_dpop_nonce' }
  await t.rejects(logIn(), expected)
  t.equal(callsTo('/token').length, 3)
  t.match(await party.refresh(session, Date.now()), { kind: 'unavailable' })
  t.equal(callsTo('/token').length, 5)
})

t.test('DPOP-6 a session from before gets its key with the next refresh', async (t) => {
  const { provider, party, logIn } = await setUpBinding(t)
  const { identity, tokens } = await logIn()
  const { dpopKey: _, ...unbound } = tokens
  const outcome = await party.refresh(sessionOf({ identity, tokens: unbound }), Date.now())
  t.match(outcome, { kind: 'refreshed', tokens: { dpopKey: { kty: 'EC' } } })
  t.equal(provider.callsTo('/token'), 2)
})

t.test('DPOP-7 the authorization request names the key', async (t) => {
  const { begin } = await setUpBinding(t)
  const { url, transaction } = await begin()
  const { kty = '', crv = '', x = '', y = '' } = transaction.dpopKey ?? {}
  t.equal(
    new URL(url).searchParams.get('dpop_jkt'),
    await calculateJwkThumbprint({ kty, crv, x, y }),
  )
})

t.test('DPOP-1 to DPOP-7 at a real provider that requires nonces', async (t) => {
  const { provider, party } = await setUp(t, required, {
    dpop: 'nonces',
    revocation: true,
    thinIdToken: true,
    client: { dpop_bound_access_tokens: true },
  })
  const session = sessionOf((await signIn(party)).result)
  t.same(session.identity.claims['groups'], ['staff', 'admins'], 'userinfo took the proof')
  const { kty = '', crv = '', x = '', y = '' } = session.tokens.dpopKey ?? {}
  const thumbprint = await calculateJwkThumbprint({ kty, crv, x, y })
  t.equal(await provider.keyThumbprintOf(session.tokens.accessToken), thumbprint)

  const outcome = await party.refresh(session, Date.now())
  if (outcome.kind !== 'refreshed') throw new Error(outcome.reason)
  t.equal(await provider.keyThumbprintOf(outcome.tokens.accessToken), thumbprint, 'the same key')
  t.same(
    provider.tokenRequests.map(({ status }) => status),
    [400, 200, 200],
    'one nonce was enough',
  )

  t.match(await party.revoke(outcome.tokens), [{ outcome: 'revoked' }, { outcome: 'revoked' }])
  t.equal(await provider.keyThumbprintOf(outcome.tokens.accessToken), undefined)
})

t.test('DPOP-1 a bound token is not sent as a bearer token to where groups are', async (t) => {
  const groupsOverage = { url: '', member: 'id' }
  const { provider, logIn, callsTo } = await setUpBinding(t, [], { groupsOverage })
  groupsOverage.url = `${provider.issuer}/groups`
  provider.claims = { hasgroups: true }
  const { identity } = await logIn()
  t.same(callsTo('/groups'), [])
  t.match(identity.claims, { _claim_names: { groups: 'unknown' } }, 'no rule takes it for none')
})

t.test('DPOP-7 a code is of no use with another key', async (t) => {
  const { party } = await setUp(t, required, { dpop: 'plain' })
  const begin = () => party.beginLogin({ redirectUri, now: Date.now() })
  const { url, transaction } = await begin()
  const { dpopKey } = (await begin()).transaction
  if (dpopKey === undefined) throw new Error('no key')
  const { searchParams: parameters } = new URL(
    await signInAtProvider(createJarFetch(), url, 'alice'),
  )
  const stolen = { ...transaction, dpopKey }
  const login = { redirectUri, parameters, transaction: stolen, now: Date.now() }
  await t.rejects(party.finishLogin(login), { code: 'ERR_CALLBACK_CODE_REJECTED' })
  t.match((await signIn(party)).result, { identity: { sub: 'alice' } }, 'with its own it is')
})

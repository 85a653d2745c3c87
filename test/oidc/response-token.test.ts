import type { KeyObject } from 'node:crypto'
import t, { type Test } from 'tap'
import type { ProviderConfig } from '../../src/config/schema.js'
import { createTestKey, forgeToken, publicJwk, signingKey } from '../helpers/hostile-provider.js'
import { setUpHostile } from './hostile-login.js'
import { setUp, signIn } from './real-login.js'

/** What a test bends of a response token that is right otherwise. */
interface Bent {
  readonly header?: Record<string, unknown>
  readonly claims?: Record<string, unknown>
  readonly key?: KeyObject | string
  /** Beside the token, in the clear. */
  readonly beside?: Record<string, string>
}

/** A client that expects response tokens, and logins that the provider answers with one. */
async function setUpSigned(t: Test, settings: Partial<ProviderConfig> = {}) {
  const hostile = await setUpHostile(t, { responseMode: 'query.jwt', ...settings })
  const { provider, party } = hostile

  async function answer({ header, claims, key = signingKey.privateKey, beside }: Bent = {}) {
    const login = await hostile.begin()
    const token = forgeToken(
      { alg: 'RS256', kid: signingKey.kid, typ: 'JWT', ...header },
      {
        iss: provider.issuer,
        aud: 'app',
        exp: Math.floor(Date.now() / 1000) + 60,
        ...Object.fromEntries(login.parameters),
        ...claims,
      },
      key,
    )
    return { ...login, parameters: new URLSearchParams({ response: token, ...beside }) }
  }
  const finish = async (bent?: Bent) => party.finishLogin(await answer(bent))
  return { ...hostile, answer, finish }
}

for (const responseMode of ['query.jwt', 'jwt', 'form_post.jwt'] as const) {
  t.test(`JARM-1 ${responseMode} is asked for, and its response believed`, async (t) => {
    const { begin, finish } = await setUpSigned(t, { responseMode })
    const { url } = await begin()
    t.equal(new URL(url).searchParams.get('response_mode'), responseMode)
    t.match(await finish(), { identity: { sub: 'alice' } })
  })
}

t.test('JARM-1 with a real provider', async (t) => {
  const { party } = await setUp(t, { responseMode: 'query.jwt' }, { responseTokens: true })
  const { answer, result } = await signIn(party)
  t.strictSame([...answer.parameters.keys()], ['response'])
  t.match(result, { identity: { sub: 'alice' } })
})

const other = createTestKey('key-2')
const past = Math.floor(Date.now() / 1000) - 3600
const jwk = publicJwk(other)
const publicPem = String(signingKey.publicKey.export({ type: 'spki', format: 'pem' }))

const refused: [string, Bent][] = [
  ['alg none', { header: { alg: 'none' } }],
  ['HS256 with the public key', { header: { alg: 'HS256' }, key: publicPem }],
  [
    'HS256 with the client secret',
    { header: { alg: 'HS256' }, key: 'client secret with :%+ and more' },
  ],
  [
    'an algorithm that is not announced',
    { header: { alg: 'ES256' }, key: createTestKey('key-1', 'ES256').privateKey },
  ],
  ['a key of somebody else', { key: other.privateKey }],
  ['a key that it brings along', { header: { jwk, kid: other.kid }, key: other.privateKey }],
  ['an unknown critical header', { header: { crit: ['x'], x: 1 } }],
  ['the type of another token', { header: { typ: 'at+jwt' } }],
  ['another issuer', { claims: { iss: 'https://evil.example' } }],
  ['no issuer', { claims: { iss: undefined } }],
  ['another audience', { claims: { aud: 'other' } }],
  ['an audience that only begins like ours', { claims: { aud: ['app2'] } }],
  ['no audience', { claims: { aud: undefined } }],
  ['an audience of another type', { claims: { aud: { app: true } } }],
  ['an expired one', { claims: { exp: past } }],
  ['no exp', { claims: { exp: undefined } }],
  ['exp as text', { claims: { exp: '9999999999' } }],
  ['exp beyond every calendar', { claims: { exp: 1e300 } }],
]

t.test('JARM-1 a response token with any fault is refused before its code is read', async (t) => {
  const { provider, finish } = await setUpSigned(t)
  for (const [title, bent] of refused) {
    await t.rejects(finish(bent), { code: 'ERR_CALLBACK_RESPONSE' }, title)
  }
  t.equal(provider.callsTo('/token'), 0)
})

t.test('JARM-1 what is no token at all is refused', async (t) => {
  const { provider, party, answer, begin } = await setUpSigned(t)
  const { parameters } = await answer()
  const whole = parameters.get('response') ?? ''
  for (const response of ['', 'x', 'a.b', 'a.b.c', 'a.b.c.d.e', whole.slice(0, -8), `${whole}x`]) {
    const login = await answer()
    login.parameters.set('response', response)
    await t.rejects(party.finishLogin(login), { code: 'ERR_CALLBACK_RESPONSE' }, response)
  }
  const plain = await begin()
  await t.rejects(party.finishLogin(plain), { code: 'ERR_CALLBACK_PARAMETERS' }, 'in the clear')
  const twice = await answer()
  twice.parameters.append('response', whole)
  await t.rejects(party.finishLogin(twice), { code: 'ERR_CALLBACK_PARAMETERS' }, 'twice')
  t.equal(provider.callsTo('/token'), 0)
})

t.test('JARM-1 what is in it is checked like a response in the clear', async (t) => {
  const { provider, finish } = await setUpSigned(t)
  provider.metadata['authorization_response_iss_parameter_supported'] = true
  const cases: [Bent, string][] = [
    [{ claims: { state: 'another' } }, 'ERR_CALLBACK_STATE_MISMATCH'],
    [{ claims: { state: undefined } }, 'ERR_CALLBACK_STATE_MISMATCH'],
    [{ claims: { code: undefined } }, 'ERR_CALLBACK_PARAMETERS'],
    [{ claims: { code: 7 } }, 'ERR_CALLBACK_PARAMETERS'],
    [{ claims: { error: 'access_denied' } }, 'ERR_CALLBACK_DENIED'],
  ]
  for (const [bent, code] of cases) await t.rejects(finish(bent), { code }, JSON.stringify(bent))
  t.equal(provider.callsTo('/token'), 0)
})

t.test('JARM-1 what comes beside it in the clear does not count', async (t) => {
  const { provider, finish } = await setUpSigned(t)
  const beside = {
    code: 'evil',
    state: 'evil',
    iss: 'https://evil.example',
    error: 'access_denied',
  }
  t.match(await finish({ beside }), { identity: { sub: 'alice' } })
  const sent = provider.calls.find(({ path }) => path === '/token')?.form
  t.not(sent?.get('code'), 'evil')
})

t.test('JARM-1 the algorithms are those that the provider announces for it', async (t) => {
  const { provider, finish } = await setUpSigned(t)
  const key = createTestKey('key-3', 'ES256')
  provider.metadata['authorization_signing_alg_values_supported'] = ['ES256', 'none', 'HS256']
  provider.jwks = { keys: [publicJwk(signingKey), publicJwk(key)] }
  const header = { alg: 'ES256', kid: key.kid }
  t.match(await finish({ header, key: key.privateKey }), { identity: { sub: 'alice' } })
  for (const bent of [{}, { header: { alg: 'none' } }, { header: { alg: 'HS256' }, key: 'x' }]) {
    await t.rejects(finish(bent), { code: 'ERR_CALLBACK_RESPONSE' })
  }
})

t.test('JARM-1 keys that cannot be had prove nothing against it', async (t) => {
  const { provider, finish } = await setUpSigned(t)
  provider.answers.set('/jwks', { status: 503, body: '' })
  await t.rejects(finish(), { code: 'ERR_PROVIDER_UNAVAILABLE' })
})

t.test('JARM-1 a response token that was not asked for is refused', async (t) => {
  const { party, answer } = await setUpSigned(t, { responseMode: 'query' })
  await t.rejects(party.finishLogin(await answer()), { code: /^ERR_CALLBACK_/ })
})

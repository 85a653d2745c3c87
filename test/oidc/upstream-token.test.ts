import { generateKeyPairSync } from 'node:crypto'
import { decodeProtectedHeader } from 'jose'
import t, { type Test } from 'tap'
import type { ProviderConfig, TokenTarget } from '../../src/config/schema.js'
import type { DpopKey } from '../../src/session/dpop-key.js'
import type { CannedAnswer } from '../helpers/hostile-provider.js'
import { setUpHostile } from './hostile-login.js'

const accessTokenType = 'urn:ietf:params:oauth:token-type:access_token'
const jwtType = 'urn:ietf:params:oauth:token-type:jwt'
const now = 1_800_000_000_000
const target: TokenTarget = { audiences: ['orders'], requestedTokenType: 'access_token' }

const right = {
  access_token: 'for-orders',
  issued_token_type: accessTokenType,
  token_type: 'Bearer',
  expires_in: 120,
}

function createDpopKey(): DpopKey {
  const { x = '', d = '' } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' })
  return { kty: 'OKP', crv: 'Ed25519', alg: 'EdDSA', x, d }
}

/** A provider that exchanges tokens, rightly or as it is told. */
async function setUp(t: Test, settings: Partial<ProviderConfig> = {}) {
  const { provider, party } = await setUpHostile(t, settings)
  const answer = (members: Record<string, unknown>) =>
    provider.answers.set('/token', { body: JSON.stringify({ ...right, ...members }) })
  answer({})
  return {
    provider,
    answer,
    exchange: (for_: TokenTarget = target) =>
      party.exchangeForUpstream({ accessToken: 'subject' }, for_, now),
    form: () => [...(provider.calls.findLast(({ path }) => path === '/token')?.form ?? [])],
  }
}

t.test('TX-1 BCP-7 a token is exchanged for one that is meant for the upstream', async (t) => {
  const { provider, exchange, form } = await setUp(t)
  t.same(await exchange(), { token: { accessToken: 'for-orders' }, expiresAt: now + 120_000 })
  t.same(form(), [
    ['subject_token', 'subject'],
    ['subject_token_type', accessTokenType],
    ['requested_token_type', accessTokenType],
    ['audience', 'orders'],
    ['grant_type', 'urn:ietf:params:oauth:grant-type:token-exchange'],
  ])
  t.match(provider.calls.findLast(({ path }) => path === '/token')?.authorization, /^Basic /)
})

t.test('TX-1 RES-1 audiences, resources and scopes go as the route says', async (t) => {
  const { answer, exchange, form } = await setUp(t)
  answer({ issued_token_type: jwtType })
  await exchange({
    audiences: ['one', 'two'],
    resources: ['https://one.example.com/', 'https://two.example.com/'],
    scopes: ['read', 'write'],
    requestedTokenType: 'jwt',
  })
  t.match(
    form().filter(([name]) => !name.startsWith('subject')),
    [
      ['requested_token_type', jwtType],
      ['audience', 'one'],
      ['audience', 'two'],
      ['resource', 'https://one.example.com/'],
      ['resource', 'https://two.example.com/'],
      ['scope', 'read write'],
    ],
  )
})

t.test('TX-1 the expiry is told by expires_in, else by the token, else assumed', async (t) => {
  const { answer, exchange } = await setUp(t, { defaultAccessTokenLifetime: 60_000 })
  answer({ expires_in: undefined })
  t.equal((await exchange()).expiresAt, now + 60_000)
  answer({ expires_in: -5 })
  t.equal((await exchange()).expiresAt, now + 60_000)
  const payload = Buffer.from(JSON.stringify({ exp: now / 1000 + 30 })).toString('base64url')
  answer({ expires_in: undefined, access_token: `x.${payload}.x` })
  t.equal((await exchange()).expiresAt, now + 30_000)
})

t.test('TX-1 the other tokens that come with it are of no concern', async (t) => {
  const { answer, exchange } = await setUp(t)
  answer({ id_token: 'no.id.token', refresh_token: 'refresh', scope: 7 })
  t.same(await exchange(), { token: { accessToken: 'for-orders' }, expiresAt: now + 120_000 })
})

const wrong: [what: string, members: Record<string, unknown>, message: RegExp][] = [
  ['no issued_token_type', { issued_token_type: undefined }, /"issued_token_type" is missing/],
  ['an ID token', { issued_token_type: 'urn:ietf:params:oauth:token-type:id_token' }, /id_token/],
  ['a JWT where an access token is due', { issued_token_type: jwtType }, /not .*access_token/],
  ['a type that is no text', { issued_token_type: 7 }, /is 7/],
  ['a token that is no bearer token', { token_type: 'N_A' }, /"token_type"/],
  ['a token that is bound to a key', { token_type: 'DPoP' }, /"token_type"/],
  ['no token type', { token_type: undefined }, /token_type/],
  ['no token', { access_token: undefined }, /access_token/],
  ['an empty token', { access_token: '' }, /access_token/],
  ['a token that is no text', { access_token: { a: 1 } }, /access_token/],
  ['a token that would be two headers', { access_token: 'a\r\nb: c' }, /characters/],
  ['an error beside a 200', { access_token: undefined, error: 'invalid_target' }, /200/],
]
t.test('TX-1 refuses what it did not ask for', async (t) => {
  const { answer, exchange } = await setUp(t)
  for (const [what, members, message] of wrong) {
    answer(members)
    const error: unknown = await exchange().catch((thrown: unknown) => thrown)
    t.match(error, { message }, what)
    t.match(error, { code: /^ERR_UPSTREAM_TOKEN(_DENIED)?$/ }, what)
  }
})

const failures: [what: string, answer: CannedAnswer, expected: Record<string, unknown>][] = [
  ...(['invalid_target', 'access_denied'] as const).map((error): (typeof failures)[number] => [
    error,
    { status: 400, body: JSON.stringify({ error }) },
    { code: /^ERR_UPSTREAM_TOKEN_DENIED$/, message: new RegExp(error) },
  ]),
  ...(
    [
      ['invalid_request', 400],
      ['invalid_grant', 400],
      ['invalid_scope', 400],
      ['invalid_client', 401],
      ['unauthorized_client', 400],
      ['unsupported_grant_type', 400],
    ] as const
  ).map(([error, status]): (typeof failures)[number] => [
    error,
    { status, body: JSON.stringify({ error }) },
    { code: /^ERR_UPSTREAM_TOKEN$/, message: new RegExp(error) },
  ]),
  ['HTML', { body: '<p>token</p>' }, { code: /^ERR_UPSTREAM_TOKEN$/ }],
  ['404', { status: 404, body: 'none' }, { code: /^ERR_UPSTREAM_TOKEN$/ }],
  ['a redirect', { status: 302, headers: { location: '/x' } }, { code: /^ERR_UPSTREAM_TOKEN$/ }],
  ['500', { status: 500 }, { code: 'ERR_PROVIDER_UNAVAILABLE' }],
  [
    '429',
    { status: 429, headers: { 'retry-after': '9' }, body: '{"error":"slow_down"}' },
    { code: 'ERR_PROVIDER_UNAVAILABLE', retryAfterMs: 9000 },
  ],
  [
    '503 with an error that is final elsewhere',
    { status: 503, body: '{"error":"invalid_target"}' },
    { code: 'ERR_PROVIDER_UNAVAILABLE' },
  ],
  ['a cut line', 'reset', { code: 'ERR_PROVIDER_UNAVAILABLE' }],
  ['half an answer', 'stall', { code: 'ERR_PROVIDER_UNAVAILABLE' }],
  ['no answer', 'hang', { code: 'ERR_PROVIDER_UNAVAILABLE' }],
]
t.test('TX-1 tells what may pass from what does not', async (t) => {
  for (const [what, answer, expected] of failures) {
    const { provider, exchange } = await setUp(
      t,
      typeof answer === 'string' ? { timeout: 1000 } : {},
    )
    provider.answers.set('/token', answer)
    const error: unknown = await exchange().catch((thrown: unknown) => thrown)
    t.match(error, expected, what)
  }
})

t.test('TX-1 a provider that is not there may come', async (t) => {
  const { provider, exchange } = await setUp(t)
  await provider.stop()
  await t.rejects(exchange(), { code: 'ERR_PROVIDER_UNAVAILABLE' })
  await provider.start()
  t.match(await exchange(), { token: { accessToken: 'for-orders' } })
})

t.test('TX-1 DPOP-1 what a bound token is exchanged for is bound to the same key', async (t) => {
  const { provider, party } = await setUpHostile(t)
  const dpopKey = createDpopKey()
  const answer = (type: string) =>
    provider.answers.set('/token', { body: JSON.stringify({ ...right, token_type: type }) })
  const exchange = () => party.exchangeForUpstream({ accessToken: 'subject', dpopKey }, target, now)
  answer('DPoP')
  t.same(await exchange(), {
    token: { accessToken: 'for-orders', dpopKey },
    expiresAt: now + 120_000,
  })
  const call = provider.calls.findLast(({ path }) => path === '/token')
  t.match(decodeProtectedHeader(String(call?.headers['dpop'])), { jwk: { x: dpopKey.x } })
  answer('Bearer')
  await t.rejects(exchange(), { code: 'ERR_UPSTREAM_TOKEN', message: /not DPoP/ })
})

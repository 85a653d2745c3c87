import t, { type Test } from 'tap'
import type { TokenTarget } from '../../src/config/schema.js'
import { OidcError } from '../../src/oidc/errors.js'
import type { UpstreamToken } from '../../src/oidc/upstream-token.js'
import { createUpstreamTokens } from '../../src/oidc/upstream-tokens.js'
import type { TokenHolder } from '../../src/session/upstream-tokens.js'

const orders: TokenTarget = { audiences: ['orders'], requestedTokenType: 'access_token' }
const alsoOrders: TokenTarget = { ...orders, audiences: ['orders'] }
const stock: TokenTarget = { ...orders, scopes: ['stock'] }
const identity = { providerId: 'corp', issuer: 'https://idp.example.com' }
const alice: TokenHolder = { key: 'alice', identity, tokens: { accessToken: 'first' } }
const bob: TokenHolder = { ...alice, key: 'bob' }

/** Tokens with a clock that the test moves, and a provider whose calls it answers. */
function setUp(renewAheadMs = 10_000) {
  const state = { now: 1_800_000_000_000 }
  const calls: {
    holder: TokenHolder
    target: TokenTarget
    answer: (token: string) => void
    fail: (error: unknown) => void
  }[] = []
  const reports: string[] = []
  const tokens = createUpstreamTokens({
    targets: [orders, alsoOrders, stock],
    renewAheadMs,
    clock: () => state.now,
    exchange: (holder, target, now) =>
      new Promise<UpstreamToken>((resolve, reject) => {
        const answer = (accessToken: string) =>
          resolve({ token: { accessToken }, expiresAt: now + 60_000 })
        calls.push({ holder, target, answer, fail: reject })
      }),
    onExchange: (holder, verdict) =>
      reports.push(`${holder.key} ${verdict.kind === 'token' ? 'token' : verdict.code}`),
  })
  return {
    state,
    calls,
    reports,
    tokens,
    known: (holder = alice, target = orders) =>
      tokens.known(holder, target, state.now)?.accessToken,
    obtain: (holder = alice, target = orders) => tokens.obtain(holder, target, state.now),
  }
}

type SetUp = ReturnType<typeof setUp>

/** Obtains the first token of alice for orders. */
async function withToken(t: Test, { obtain, calls }: SetUp, token = 'one') {
  const obtaining = obtain()
  calls.at(-1)?.answer(token)
  t.same(await obtaining, { kind: 'token', token: { accessToken: token } })
}

t.test('TX-1 a hundred requests make one call, and later ones none', async (t) => {
  const parts = setUp()
  const { calls, known, obtain, state } = parts
  const all = Array.from({ length: 100 }, () => obtain())
  t.equal(calls.length, 1)
  calls[0]?.answer('one')
  t.same(new Set((await Promise.all(all)).map((each) => JSON.stringify(each))).size, 1)
  t.equal(known(), 'one')
  state.now += 49_999
  t.equal(known(), 'one')
  t.equal(calls.length, 1)
  t.same(parts.reports, ['alice token'])
})

t.test('TX-1 a token is kept by session, target and scope', async (t) => {
  const parts = setUp()
  await withToken(t, parts)
  const { known } = parts
  t.equal(known(alice, alsoOrders), 'one', 'routes with the same target share it')
  t.equal(known(alice, stock), undefined)
  t.equal(known(bob, orders), undefined)
})

t.test(
  'TX-1 a session that was refreshed goes on with it, and renews it with the new token',
  async (t) => {
    const parts = setUp()
    await withToken(t, parts)
    const { calls, known, state } = parts
    const refreshed = { ...alice, tokens: { accessToken: 'second' } }
    t.equal(known(refreshed), 'one')
    t.equal(calls.length, 1)
    state.now += 50_000
    t.equal(known(refreshed), 'one', 'the old one is good while the new one is on its way')
    t.equal(known(refreshed), 'one')
    t.equal(calls.length, 2)
    t.equal(calls[1]?.holder.tokens.accessToken, 'second')
    calls[1]?.answer('two')
    await new Promise(setImmediate)
    t.equal(known(refreshed), 'two')
    t.equal(calls.length, 2)
  },
)

t.test('TX-1 an expired token is never given', async (t) => {
  const parts = setUp()
  await withToken(t, parts)
  const { calls, known, obtain, state } = parts
  state.now += 60_000
  t.equal(known(), undefined)
  const obtaining = obtain()
  calls[1]?.fail(new OidcError('ERR_PROVIDER_UNAVAILABLE', 'down'))
  t.match(await obtaining, { kind: 'refused', code: 'ERR_UPSTREAM_TOKEN_UNAVAILABLE' })
})

t.test('TX-1 a token that lives shortly is renewed in the second half of its life', async (t) => {
  const parts = setUp(600_000)
  await withToken(t, parts)
  const { calls, known, state } = parts
  state.now += 29_999
  known()
  t.equal(calls.length, 1)
  state.now += 1
  t.equal(known(), 'one')
  t.equal(calls.length, 2)
})

t.test('TX-1 a renewal that fails disturbs nobody while the token is good', async (t) => {
  const parts = setUp()
  await withToken(t, parts)
  const { calls, known, state, reports } = parts
  state.now += 50_000
  known()
  calls[1]?.fail(new OidcError('ERR_PROVIDER_UNAVAILABLE', 'down'))
  await new Promise(setImmediate)
  t.equal(known(), 'one')
  t.equal(calls.length, 2, 'and is not tried again at once')
  state.now += 3000
  t.equal(known(), 'one')
  t.equal(calls.length, 3)
  t.same(reports, ['alice token', 'alice ERR_UPSTREAM_TOKEN_UNAVAILABLE'])
})

t.test('TX-1 a refusal is kept for a while, and never made up for', async (t) => {
  for (const [error, code, heldMs] of [
    [new OidcError('ERR_UPSTREAM_TOKEN_DENIED', 'no'), 'ERR_UPSTREAM_TOKEN_DENIED', 10_000],
    [new OidcError('ERR_UPSTREAM_TOKEN', 'no'), 'ERR_UPSTREAM_TOKEN', 10_000],
    [new OidcError('ERR_PROVIDER_METADATA', 'no'), 'ERR_UPSTREAM_TOKEN_UNAVAILABLE', 3000],
    [
      new OidcError('ERR_PROVIDER_UNAVAILABLE', 'no', { retryAfterMs: 7000 }),
      'ERR_UPSTREAM_TOKEN_UNAVAILABLE',
      7000,
    ],
    [
      new OidcError('ERR_PROVIDER_UNAVAILABLE', 'no', { retryAfterMs: 3_600_000 }),
      'ERR_UPSTREAM_TOKEN_UNAVAILABLE',
      60_000,
    ],
    [new TypeError('holds subject-token'), 'ERR_UPSTREAM_TOKEN', 10_000],
  ] as const) {
    const { calls, known, obtain, state } = setUp()
    const obtaining = obtain()
    calls[0]?.fail(error)
    t.match(await obtaining, { kind: 'refused', code })
    t.equal(known(), undefined)
    state.now += heldMs - 1
    const again = await obtain()
    t.match(again, { kind: 'refused', code, retryAfterMs: 1 })
    t.notMatch(JSON.stringify(again), /subject-token/)
    t.equal(calls.length, 1)
    state.now += 1
    const anew = obtain()
    calls[1]?.answer('one')
    t.match(await anew, { kind: 'token' })
  }
})

t.test('TX-1 a session that is gone leaves nothing', async (t) => {
  const parts = setUp()
  await withToken(t, parts)
  const { tokens, known } = parts
  t.equal(tokens.holds('alice'), true)
  t.equal(tokens.holds('bob'), false)
  tokens.forget('alice')
  t.equal(tokens.holds('alice'), false)
  t.equal(known(), undefined)
})

t.test('TX-1 nor does a call that is under way when it goes', async (t) => {
  const parts = setUp()
  const { calls, known, obtain, tokens } = parts
  const obtaining = obtain()
  t.equal(tokens.holds('alice'), true)
  tokens.forget('alice')
  calls[0]?.answer('one')
  t.match(await obtaining, { kind: 'token' }, 'whoever waits has to look for themselves')
  t.equal(known(), undefined)
  t.equal(tokens.holds('alice'), false)
})

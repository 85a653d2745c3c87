import t from 'tap'
import { createBarrier, identity, recordIn, until } from './fixtures.js'
import { extend, isDone, setUpReplicas, tokenLifetimeMs } from './replicas.js'

t.test(
  'RF-3 BFF-5 BCP-13 invalid_grant ends the session, even while the token is valid',
  async (t) => {
    for (const isExpired of [true, false]) {
      const { here, time, signIn, provider, results } = setUpReplicas(t)
      const { live, cookieValue } = await signIn()
      provider.plan.answer = () => ({ kind: 'rejected', reason: 'invalid_grant' })
      time.now = isExpired ? time.now + tokenLifetimeMs : live.refreshAt
      const freshened = await here.freshen(live, time.now)
      if (isExpired) t.strictSame(freshened, { kind: 'ended', reason: 'invalid_grant' })
      await isDone(results)
      t.equal(await here.load(cookieValue, time.now, extend), undefined)
      t.equal(provider.calls.length, 1, 'and is not retried')
    }
  },
)

t.test(
  'RF-3 B16-23 B16-27 a failing provider disturbs nobody while the token is valid',
  async (t) => {
    const { here, time, signIn, load, provider, issue, results } = setUpReplicas(t)
    const { live, cookieValue } = await signIn()
    provider.plan.answer = () => ({ kind: 'unavailable', reason: 'timeout' })
    time.now = live.refreshAt
    for (let i = 0; i < 20; i++) {
      t.match(await here.freshen(await load(here, cookieValue), time.now), { kind: 'live' })
      await isDone(results)
    }
    t.equal(provider.calls.length, 1, 'the failure is not repeated at each request')
    provider.plan.answer = issue
    time.now += 1000
    await here.freshen(live, time.now)
    await isDone(results, 2)
    t.equal((await load(here, cookieValue)).version, 2)
  },
)

t.test(
  'RF-3 B16-23 B16-27 with an expired token the failure is told, and the session stays',
  async (t) => {
    const { here, time, signIn, load, provider, issue } = setUpReplicas(t)
    const { cookieValue } = await signIn()
    provider.plan.answer = () => ({ kind: 'unavailable', reason: '503' })
    time.now += tokenLifetimeMs
    const live = await load(here, cookieValue)
    t.strictSame(await here.freshen(live, time.now), { kind: 'unavailable', retryAfterMs: 1000 })
    time.now += 400
    t.strictSame(await here.freshen(live, time.now), { kind: 'unavailable', retryAfterMs: 600 })
    t.equal(provider.calls.length, 1)
    provider.plan.answer = issue
    time.now += 600
    t.match(await here.freshen(await load(here, cookieValue), time.now), { kind: 'live' })
  },
)

t.test('RF-3 the pauses grow to half a minute; Retry-After counts', async (t) => {
  const { here, time, signIn, provider } = setUpReplicas(t)
  const { live } = await signIn()
  provider.plan.answer = () => ({ kind: 'unavailable', reason: '503' })
  time.now += tokenLifetimeMs
  const pauses: number[] = []
  for (let i = 0; i < 7; i++) {
    const freshened = await here.freshen(live, time.now)
    const pauseMs = freshened.kind === 'unavailable' ? freshened.retryAfterMs : 0
    pauses.push(pauseMs)
    time.now += pauseMs
  }
  t.strictSame(pauses, [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000])
  provider.plan.answer = () => ({ kind: 'unavailable', reason: '429', retryAfterMs: 45_000 })
  t.match(await here.freshen(live, time.now), { retryAfterMs: 45_000 })
})

t.test('RF-5 an answer lost after rotation ends in one clean sign-in', async (t) => {
  const { here, faulty, time, signIn, provider, issue } = setUpReplicas(t)
  const { live, cookieValue } = await signIn()
  provider.plan.answer = issue
  // The provider rotates, and then the process dies: nothing of the answer is stored.
  await provider.refresher(await recordIn(faulty.store, live), time.now)
  time.now += tokenLifetimeMs
  t.match(await here.freshen(live, time.now), { kind: 'ended', reason: 'invalid_grant' })
  t.equal(await here.load(cookieValue, time.now, extend), undefined)
  t.match(await here.freshen(live, time.now), { kind: 'ended' })
  t.equal(provider.calls.length, 2, 'no loop')
})

t.test('RF-6 a refresh moves neither the lifetime nor the last activity', async (t) => {
  const { here, time, signIn } = setUpReplicas(t)
  const { live } = await signIn()
  time.now += tokenLifetimeMs
  const freshened = await here.freshen(live, time.now)
  const after = freshened.kind === 'live' ? freshened.live : undefined
  t.equal(after?.session.endsAt, live.session.endsAt)
  t.equal(after?.session.createdAt, live.session.createdAt)
  t.equal(after?.lastActiveAt, live.lastActiveAt)
  t.equal(after?.expiresAt, live.expiresAt)
})

t.test('RF-7 a logout during a refresh stays a logout', async (t) => {
  const { here, there, time, signIn, load, provider, issue } = setUpReplicas(t)
  const { live, cookieValue } = await signIn()
  const answer = createBarrier()
  provider.plan.answer = async () => {
    await answer.opened
    return issue()
  }
  time.now += tokenLifetimeMs
  const freshened = here.freshen(live, time.now)
  await until(() => provider.calls.length === 1)
  await there.destroy(await load(there, cookieValue))
  answer.open()
  t.match(await freshened, { kind: 'ended' })
  t.equal(await here.load(cookieValue, time.now, extend), undefined)
  t.equal(await there.load(cookieValue, time.now, extend), undefined)
})

t.test('RF-9 claims that came with the refresh replace the old ones', async (t) => {
  const { here, there, time, signIn, load, provider, issue } = setUpReplicas(t)
  const { live, cookieValue } = await signIn()
  const demoted = { ...identity, claims: { ...identity.claims, groups: [] } }
  provider.plan.answer = () => ({ ...issue(), identity: demoted })
  time.now += tokenLifetimeMs
  t.match(await here.freshen(live, time.now), { kind: 'live' })
  t.strictSame((await load(there, cookieValue)).session.identity.claims['groups'], [])
})

t.test('CORE-20 a refresh without a new refresh token keeps the old one', async (t) => {
  const { here, faulty, time, signIn, provider, issue } = setUpReplicas(t)
  const { live } = await signIn()
  provider.plan.answer = () => {
    const { refreshToken: _none, ...tokens } = issue().tokens
    return { kind: 'refreshed', tokens }
  }
  const before = await recordIn(faulty.store, live)
  time.now += tokenLifetimeMs
  t.match(await here.freshen(live, time.now), { kind: 'live' })
  const after = await recordIn(faulty.store, live)
  t.not(after.tokens.accessToken, before.tokens.accessToken)
  t.equal(after.tokens.refreshToken, before.tokens.refreshToken)
})

t.test(
  'a sign-out gives the tokens that a refresh elsewhere brought, and gives them once',
  async (t) => {
    const { here, there, faulty, time, signIn, load } = setUpReplicas(t)
    const { live, cookieValue } = await signIn()
    time.now += tokenLifetimeMs
    t.match(await there.freshen(await load(there, cookieValue), time.now), { kind: 'live' })
    const { tokens } = await recordIn(faulty.store, live)
    t.not(tokens.accessToken, live.session.tokens.accessToken)
    t.strictSame(await here.destroy(live), tokens)
    t.equal(await here.destroy(live), undefined)
  },
)

t.test(
  'what a process holds of a session for requests has neither refresh token nor ID token',
  async (t) => {
    const { here, faulty, signIn, load } = setUpReplicas(t)
    const { live, cookieValue } = await signIn()
    const { accessToken, refreshToken = '', idToken } = (await recordIn(faulty.store, live)).tokens
    for (const held of [live, await load(here, cookieValue)]) {
      const text = JSON.stringify(held)
      t.ok(text.includes(accessToken))
      for (const secret of [refreshToken, idToken]) t.notOk(text.includes(secret))
    }
  },
)

import t from 'tap'
import type { Sessions } from '../../src/session/sessions.js'
import { createBarrier, until } from './fixtures.js'
import { isDone, minute, setUpReplicas, tokenLifetimeMs } from './replicas.js'

t.test('a token that is not due is used as it is', async (t) => {
  const { here, time, signIn, provider } = setUpReplicas(t)
  const { live } = await signIn()
  time.now += tokenLifetimeMs - minute
  t.strictSame(await here.freshen(live, time.now), { kind: 'live', live })
  t.equal(provider.calls.length, 0)
})

t.test('a due token is used at once and refreshed in the background', async (t) => {
  const { here, time, signIn, load, provider, issue, results } = setUpReplicas(t)
  const { live, cookieValue } = await signIn()
  const answer = createBarrier()
  provider.plan.answer = async () => {
    await answer.opened
    return issue()
  }
  time.now = live.refreshAt
  for (let i = 0; i < 10; i++) {
    t.strictSame(await here.freshen(live, time.now), { kind: 'live', live })
  }
  answer.open()
  await isDone(results)
  t.equal(provider.calls.length, 1)
  const renewed = await load(here, cookieValue)
  t.not(renewed.session.tokens.accessToken, live.session.tokens.accessToken)
  t.equal(renewed.version, 2)
  t.strictSame(results, [{ kind: 'refreshed' }], 'what is reported holds no token')
})

t.test('RF-1 B16-23 200 requests at the moment of expiry make one token call', async (t) => {
  const { here, time, signIn, load, provider } = setUpReplicas(t)
  const { cookieValue } = await signIn()
  time.now += tokenLifetimeMs
  const request = async () => here.freshen(await load(here, cookieValue), time.now)
  const all = await Promise.all(Array.from({ length: 200 }, request))
  t.equal(provider.calls.length, 1)
  const tokens = all.map((each) => each.kind === 'live' && each.live.session.tokens.accessToken)
  t.equal(new Set(tokens).size, 1)
  t.type(tokens[0], 'string')
})

t.test('RF-1 two replicas make one token call, and the loser uses the tokens', async (t) => {
  const { here, there, time, signIn, load, provider } = setUpReplicas(t)
  const { cookieValue } = await signIn()
  time.now += tokenLifetimeMs
  const request = async (sessions: Sessions) =>
    sessions.freshen(await load(sessions, cookieValue), time.now)
  const both = Array.from({ length: 100 }, (_, i) => request(i % 2 ? here : there))
  const tokens = (await Promise.all(both)).map(
    (each) => each.kind === 'live' && each.live.session.tokens.accessToken,
  )
  t.equal(provider.calls.length, 1)
  t.equal(new Set(tokens).size, 1)
  t.type(tokens[0], 'string')
})

t.test(
  'RF-1 a request that held the session before the refresh makes no second call',
  async (t) => {
    const { here, there, time, signIn, provider } = setUpReplicas(t)
    const { live } = await signIn()
    time.now += tokenLifetimeMs
    await here.freshen(live, time.now)
    const late = await here.freshen(live, time.now)
    const elsewhere = await there.freshen(live, time.now)
    t.equal(provider.calls.length, 1)
    t.match([late, elsewhere], [{ live: { version: 2 } }, { live: { version: 2 } }])
  },
)

t.test('RF-1 a loser waits for so long, then goes on or asks to come back', async (t) => {
  const { here, lock, time, signIn, provider, results } = setUpReplicas(t, {
    limits: { waitForOtherMs: 0 },
  })
  const { live } = await signIn()
  time.now = live.refreshAt
  await lock.acquire(live.key, 10 * minute)
  t.match(await here.freshen(live, time.now), { kind: 'live' }, 'still valid: goes on')
  await isDone(results)
  time.now = live.session.tokens.accessTokenExpiresAt
  t.match(await here.freshen(live, time.now), { kind: 'unavailable' })
  t.equal(provider.calls.length, 0)
})

t.test('RF-1 the wait for a turn here counts for no wait for another replica', async (t) => {
  const { here, lock, time, signIn, provider, issue } = setUpReplicas(t, {
    limits: { maxConcurrent: 1, waitForOtherMs: 5000 },
  })
  const [first, second] = [(await signIn()).live, (await signIn()).live]
  const answer = createBarrier()
  provider.plan.answer = async () => {
    await answer.opened
    return issue()
  }
  time.now += tokenLifetimeMs
  const elsewhere = await lock.acquire(second.key, minute)
  const acquire = lock.acquire.bind(lock)
  lock.acquire = async (key, leaseMs) => {
    const lease = await acquire(key, leaseMs)
    // The other replica is done as soon as it was seen to be at it.
    if (key === second.key && lease === undefined) setImmediate(() => void elsewhere?.release())
    return lease
  }
  const outcomes = [here.freshen(first, time.now), here.freshen(second, time.now)]
  await until(() => provider.calls.length === 1)
  time.now += 6000
  answer.open()
  t.match(await Promise.all(outcomes), [{ kind: 'live' }, { kind: 'live' }])
})

t.test('RF-1 no request waits longer than its limit', async (t) => {
  const { here, time, signIn, provider, issue } = setUpReplicas(t, {
    limits: { requestWaitMs: 20 },
  })
  const { live } = await signIn()
  const answer = createBarrier()
  provider.plan.answer = async () => {
    await answer.opened
    return issue()
  }
  time.now += tokenLifetimeMs
  t.match(await here.freshen(live, time.now), { kind: 'unavailable' })
  answer.open()
  await until(async () => (await here.freshen(live, time.now)).kind === 'live')
  t.equal(provider.calls.length, 1)
})

t.test('RF-1 a background refresh leaves it to the replica that is at it already', async (t) => {
  const { here, there, lock, time, signIn, load, provider, results } = setUpReplicas(t)
  const { live, cookieValue } = await signIn()
  time.now = live.refreshAt
  const lease = await lock.acquire(live.key, minute)
  const acquire = lock.acquire.bind(lock)
  let attempts = 0
  lock.acquire = (...args) => {
    attempts++
    return acquire(...args)
  }
  for (let i = 0; i < 20; i++) await here.freshen(live, time.now)
  t.equal(attempts, 1, 'and does not ask for the lock at each request')
  await lease?.release()
  await isDone(results)
  t.equal((await load(there, cookieValue)).version, 2)
  t.equal(provider.calls.length, 1)
})

t.test('RF-2 when the lock holder died, another refreshes after its lease', async (t) => {
  const { here, lock, time, signIn, provider } = setUpReplicas(t)
  const { live } = await signIn()
  time.now += tokenLifetimeMs
  await lock.acquire(live.key, 200)
  const waiting = here.freshen(live, time.now)
  // The lease runs by the clock of this test; the wait for it by a timer that asks again.
  await until(() => {
    time.now += 20
    return provider.calls.length === 1
  })
  t.match(await waiting, { kind: 'live', live: { version: 2 } })
})

t.test('RF-2 the lease is extended while the provider takes its time', async (t) => {
  const { here, lock, time, signIn, provider, issue } = setUpReplicas(t, {
    limits: { leaseMs: 60 },
  })
  const { live } = await signIn()
  const answer = createBarrier()
  provider.plan.answer = async () => {
    await answer.opened
    return issue()
  }
  time.now += tokenLifetimeMs
  const freshened = here.freshen(live, time.now)
  await until(() => provider.calls.length === 1)
  let isStolen = false
  for (let i = 0; i < 10; i++) {
    time.now += 30
    await new Promise((resolve) => setTimeout(resolve, 30))
    isStolen ||= (await lock.acquire(live.key, 1)) !== undefined
  }
  answer.open()
  t.match(await freshened, { kind: 'live' })
  t.notOk(isStolen)
  t.ok(await lock.acquire(live.key, 1), 'and given up at the end')
})

t.test('RF-2 a late writer does not overwrite newer tokens', async (t) => {
  const { here, faulty, time, signIn, load, provider, issue } = setUpReplicas(t)
  const { live, cookieValue } = await signIn()
  const answer = createBarrier()
  provider.plan.answer = async () => {
    await answer.opened
    return issue()
  }
  time.now += tokenLifetimeMs
  const paused = here.freshen(live, time.now)
  await until(() => provider.calls.length === 1)
  // Another replica took the lock over after the lease and wrote.
  const stored = await faulty.store.load(live.key)
  await faulty.store.replace(live.key, stored?.sealed ?? Buffer.alloc(0), 1)
  answer.open()
  const freshened = await paused
  const current = await load(here, cookieValue)
  t.equal(current.version, 2)
  t.equal(current.session.tokens.accessToken, live.session.tokens.accessToken)
  t.equal(freshened.kind, 'unavailable', 'theirs had expired as well')
})

t.test('a session is not held off for longer by a clock that is set back', async (t) => {
  let passed = 0
  const monotonic = () => passed
  const { here, time, signIn, load, provider, issue, results } = setUpReplicas(t, { monotonic })
  const { cookieValue } = await signIn()
  provider.plan.answer = () => ({ kind: 'unavailable', reason: 'away' })
  time.now += 2 * tokenLifetimeMs
  t.match(await here.freshen(await load(here, cookieValue), time.now), { kind: 'unavailable' })
  await isDone(results)
  provider.plan.answer = issue
  time.now -= minute
  passed += 1000
  t.match(await here.freshen(await load(here, cookieValue), time.now), { kind: 'live' })
})

import t, { type Test } from 'tap'
import { createKeyRing, createSessionKey } from '../../src/session/key-ring.js'
import type { LiveSession, Sessions, WatchEnd } from '../../src/session/sessions.js'
import { createTokens, until } from './fixtures.js'
import { extend, hour, minute, setUpProcess, setUpReplicas } from './replicas.js'

/** The ends that a watcher was told of, and how to wait for the first. */
function watch(t: Test, sessions: Sessions, live: LiveSession) {
  const ends: WatchEnd[] = []
  const stop = sessions.watch(live, (end) => ends.push(end))
  t.teardown(stop)
  return { ends, stop, first: () => until(() => ends.length > 0) }
}

t.test('tells of the end of a session, whoever ends it', async (t) => {
  const { here, there, signIn, faulty } = setUpReplicas(t)
  const endings: Record<string, (live: LiveSession) => Promise<unknown>> = {
    'a sign-out here': (live) => here.destroy(live),
    'a sign-out on another replica': (live) => there.destroy(live),
    'a deletion in the store': (live) => faulty.store.destroy(live.key),
  }
  for (const [name, end] of Object.entries(endings)) {
    const { live } = await signIn()
    const [one, other] = [watch(t, here, live), watch(t, here, live)]
    await end(live)
    await one.first()
    await other.first()
    t.strictSame([...one.ends, ...other.ends], ['ended', 'ended'], name)
  }
})

t.test('a session that has ended before it is watched is told of, too', async (t) => {
  const { here, there, signIn } = setUpReplicas(t)
  const { live } = await signIn()
  await there.destroy(live)
  await watch(t, here, live).first()
})

t.test('a change is no end, and costs one read however many watch', async (t) => {
  const { here, signIn, faulty, time } = setUpReplicas(t)
  const { live, cookieValue } = await signIn(10 * hour)
  await here.load(cookieValue, time.now, extend)
  const watches = Array.from({ length: 10 }, () => watch(t, here, live))
  const before = faulty.counts.load
  t.equal(before, 1, 'what is cached needs no look')
  await faulty.store.touch(live.key, time.now + 1, time.now + hour)
  await until(() => here.loadCached(cookieValue, time.now) !== undefined)
  t.equal(faulty.counts.load, before + 1, 'and spares the next request its own')
  for (const { ends } of watches) t.strictSame(ends, [])
})

t.test('who stopped watching is told of nothing', async (t) => {
  const { here, signIn } = setUpReplicas(t)
  const { live } = await signIn()
  const [gone, stays] = [watch(t, here, live), watch(t, here, live)]
  gone.stop()
  await here.destroy(live)
  await stays.first()
  t.strictSame(gone.ends, [])
})

t.test('a refresh that the provider rejects ends it, one that succeeds does not', async (t) => {
  const { here, signIn, provider, issue, time, load } = setUpReplicas(t)
  const { live, cookieValue } = await signIn()
  const { ends, first } = watch(t, here, live)
  time.now += 6 * minute
  t.match(await here.freshen(await load(here, cookieValue), time.now), { kind: 'live' })
  t.strictSame(ends, [])
  provider.plan.answer = () => ({ kind: 'rejected', reason: 'invalid_grant' })
  time.now += 6 * minute
  t.match(await here.freshen(await load(here, cookieValue), time.now), { kind: 'ended' })
  await first()
  t.strictSame(ends, ['ended'])
  provider.plan.answer = issue
})

t.test('inactivity, lifetime and the end of the tokens end it without any report', async (t) => {
  const { sessions, time, faulty } = setUpProcess(t, {
    inactivityTimeoutMs: hour,
    lifetimeMs: 3 * hour,
  })
  const { identity } = (await setUpProcess(t).signIn()).live.session
  const { refreshToken: _none, ...tokens } = createTokens(time.now, 30 * minute)
  const unrenewable = await sessions.create({ identity, tokens }, time.now)
  const renewable = await sessions.create(
    { identity, tokens: createTokens(time.now, 30 * minute) },
    time.now,
  )
  const [short, long] = [watch(t, sessions, unrenewable.live), watch(t, sessions, renewable.live)]
  time.now += 30 * minute
  await short.first()
  t.strictSame(long.ends, [])

  // Activity elsewhere moves the end of inactivity, but never that of the lifetime.
  for (let step = 0; step < 5; step++) {
    await faulty.store.touch(renewable.live.key, time.now, time.now + hour)
    time.now += 29 * minute
  }
  await sessions.load(renewable.cookieValue, time.now, { extend: false })
  t.strictSame(long.ends, [])
  time.now = renewable.live.session.endsAt
  await long.first()
  t.strictSame(long.ends, ['ended'])
})

t.test('an open connection is no activity', async (t) => {
  const { sessions, time, signIn, counts } = setUpProcess(t, { inactivityTimeoutMs: hour })
  const { live } = await signIn()
  const { first } = watch(t, sessions, live)
  time.now += 59 * minute
  t.equal(counts.touch, 0)
  time.now += minute
  await first()
})

t.test('while changes are not certain to be reported, it looks by itself', async (t) => {
  const { sessions, signIn, faulty, time } = setUpProcess(t)
  const { live } = await signIn()
  const { first, ends } = watch(t, sessions, live)
  await until(() => sessions.cache.size === 1)
  faulty.certain = false
  // Nothing is reported of this one.
  const lost = faulty.before
  faulty.before = { load: () => void faulty.store.destroy(live.key) }
  time.now += 500
  await first()
  t.strictSame(ends, ['ended'])
  faulty.before = lost
})

t.test('a store that is away says nothing, until requests would be refused, too', async (t) => {
  const { sessions, signIn, faulty, time, counts } = setUpProcess(t, {
    staleOnStoreErrorMs: 30_000,
  })
  const { live } = await signIn()
  const { ends, first } = watch(t, sessions, live)
  await until(() => sessions.cache.size === 1)
  faulty.goDown()
  const looked = counts.load
  time.now += 30_000
  await until(() => counts.load > looked)
  t.strictSame(ends, [])
  time.now += 1001
  await first()
  t.strictSame(ends, ['unknown'])
})

t.test('a store that comes back is asked what was missed', async (t) => {
  const { sessions, signIn, faulty } = setUpProcess(t)
  const [kept, lost] = [await signIn(), await signIn()]
  const [one, other] = [watch(t, sessions, kept.live), watch(t, sessions, lost.live)]
  await until(() => sessions.cache.size === 2)
  faulty.goDown()
  faulty.before = {}
  await faulty.store.destroy(lost.live.key)
  faulty.comeBack()
  await other.first()
  t.strictSame([one.ends, other.ends], [[], ['ended']])
})

t.test('a change during a look is looked at again', async (t) => {
  const { sessions, signIn, faulty } = setUpProcess(t)
  const { live } = await signIn()
  const watched = watch(t, sessions, live)
  await until(() => sessions.cache.size === 1)
  // The answer of the first look is from before the deletion.
  faulty.after.load = async () => {
    delete faulty.after.load
    await faulty.store.destroy(live.key)
  }
  await faulty.store.touch(live.key, Date.now() + 1, Date.now() + hour)
  await watched.first()
  t.strictSame(watched.ends, ['ended'])
})

t.test('a session key that is removed ends the sessions that it sealed', async (t) => {
  const [older, newer] = [createSessionKey(), createSessionKey()]
  const keyRing = createKeyRing([older])
  const { sessions, signIn, time } = setUpProcess(t, { keyRing })
  const before = await signIn()
  keyRing.replace([newer, older])
  const after = await signIn()
  const [one, other] = [watch(t, sessions, before.live), watch(t, sessions, after.live)]
  t.ok(await sessions.load(before.cookieValue, time.now, extend))
  t.ok(await sessions.load(after.cookieValue, time.now, extend))
  keyRing.replace([newer])
  t.equal(sessions.loadCached(before.cookieValue, time.now), undefined)
  await one.first()
  t.equal(await sessions.load(before.cookieValue, time.now, extend), undefined)
  t.ok(await sessions.load(after.cookieValue, time.now, extend))
  t.strictSame([one.ends, other.ends], [['ended'], []])
})

t.test('it looks by itself and gives up in time, also once the clock was set back', async (t) => {
  let passed = 0
  const { sessions, signIn, faulty, time, counts } = setUpProcess(t, {
    monotonic: () => passed,
    staleOnStoreErrorMs: 30_000,
  })
  const pass = (ms: number) => {
    passed += ms
    time.now += ms
  }
  const { live } = await signIn()
  const { ends, first } = watch(t, sessions, live)
  await until(() => sessions.cache.size === 1)
  time.now -= hour
  faulty.goDown()
  const looked = counts.load
  pass(500)
  await until(() => counts.load > looked)
  t.strictSame(ends, [])
  pass(31_001)
  await first()
  t.strictSame(ends, ['unknown'])
})

t.test('a clock that is set ahead ends nothing whose time has not come', async (t) => {
  let passed = 0
  const { sessions, signIn, faulty, time, counts } = setUpProcess(t, {
    monotonic: () => passed,
    inactivityTimeoutMs: 3 * hour,
  })
  const { live } = await signIn()
  const { ends } = watch(t, sessions, live)
  await until(() => sessions.cache.size === 1)
  faulty.goDown()
  time.now += hour
  const looked = counts.load
  passed += 500
  await until(() => counts.load > looked)
  t.strictSame(ends, [])
})

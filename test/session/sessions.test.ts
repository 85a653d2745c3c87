import t from 'tap'
import { createMemoryStore } from '../../src/session/memory-store.js'
import { StoreUnavailableError } from '../../src/session/session-store.js'
import { createTicket, formatTicket, parseTicket } from '../../src/session/ticket.js'
import { createFaultyStore } from './faulty-store.js'
import { createBarrier, createTestSessions, createTokens, identity, until } from './fixtures.js'
import { extend, hour, minute, setUpProcess } from './replicas.js'

t.test('a session is found by its cookie and by nothing else', async (t) => {
  const { sessions, signIn, time } = setUpProcess(t)
  const { cookieValue, live } = await signIn()
  const found = await sessions.load(cookieValue, time.now, extend)
  t.strictSame(found, live)
  t.strictSame(found?.session.identity, identity)

  const stranger = formatTicket(createTicket())
  t.equal(await sessions.load(stranger, time.now, extend), undefined)
  const guessed = formatTicket({ ...live.ticket, secret: createTicket().secret })
  t.equal(await sessions.load(guessed, time.now, extend), undefined)
  t.equal(sessions.loadCached(guessed, time.now), undefined)
  t.ok(sessions.loadCached(cookieValue, time.now), 'guessing does not disturb the cached session')
})

t.test('CK-7 every sign-in gets a new id', async (t) => {
  const { signIn } = setUpProcess(t)
  const [one, other] = [await signIn(), await signIn()]
  t.not(one.live.key, other.live.key)
  t.not(one.cookieValue, other.cookieValue)
})

t.test('CK-10 malformed and huge values are no session and reach no store', async (t) => {
  const { sessions, time, counts } = setUpProcess(t)
  for (const value of ['', 'x', '1..', '\0'.repeat(68), 'A'.repeat(1_000_000)]) {
    t.equal(await sessions.load(value, time.now, extend), undefined)
    t.equal(sessions.loadCached(value, time.now), undefined)
  }
  t.equal(counts.load, 0)
})

t.test('warm requests cost no command, a cold one exactly one', async (t) => {
  const { sessions, signIn, time, counts } = setUpProcess(t)
  const { cookieValue } = await signIn()
  t.equal(sessions.loadCached(cookieValue, time.now), undefined)
  await sessions.load(cookieValue, time.now, extend)
  t.equal(counts.load, 1)
  for (let i = 0; i < 100; i++) {
    t.ok(sessions.loadCached(cookieValue, time.now))
    await sessions.load(cookieValue, time.now, extend)
  }
  t.strictSame({ ...counts, create: 0 }, { ...counts, create: 0, load: 1, touch: 0 })
})

t.test('concurrent cold requests share one command, and one opening', async (t) => {
  const { sessions, signIn, time, counts } = setUpProcess(t)
  const { cookieValue } = await signIn()
  const loads = Array.from({ length: 50 }, () => sessions.load(cookieValue, time.now, extend))
  const found = await Promise.all(loads)
  t.equal(counts.load, 1)
  t.equal(new Set(found).size, 1)
})

t.test('a wrong secret in a shared load opens nothing', async (t) => {
  const { sessions, signIn, time } = setUpProcess(t)
  const { cookieValue, live } = await signIn()
  const guessed = formatTicket({ ...live.ticket, secret: createTicket().secret })
  const [mine, theirs] = await Promise.all([
    sessions.load(cookieValue, time.now, extend),
    sessions.load(guessed, time.now, extend),
  ])
  t.ok(mine)
  t.equal(theirs, undefined)
})

t.test('a change reported during a load is not lost', async (t) => {
  const { sessions, signIn, time, faulty } = setUpProcess(t)
  const { cookieValue, live } = await signIn()
  const [read, answer] = [createBarrier(), createBarrier()]
  faulty.after.load = () => {
    read.open()
    return answer.opened
  }
  const early = sessions.load(cookieValue, time.now, extend)
  await read.opened
  faulty.after = {}
  await faulty.store.destroy(live.key)
  t.equal(await sessions.load(cookieValue, time.now, extend), undefined, 'later callers see it')
  answer.open()
  t.ok(await early, 'who asked before the change may see the state before it')
  t.equal(sessions.loadCached(cookieValue, time.now), undefined, 'the old state is not cached')
})

t.test('a session ends by inactivity, counted from the last activity', async (t) => {
  const { sessions, signIn, time } = setUpProcess(t, { inactivityTimeoutMs: hour })
  const { cookieValue } = await signIn()
  time.now += 50 * minute
  t.ok(await sessions.load(cookieValue, time.now, extend))
  time.now += 50 * minute
  t.ok(await sessions.load(cookieValue, time.now, extend))
  time.now += hour
  t.equal(sessions.loadCached(cookieValue, time.now), undefined)
  t.equal(await sessions.load(cookieValue, time.now, extend), undefined)
})

t.test('a session ends with its lifetime, however active', async (t) => {
  const { sessions, signIn, time } = setUpProcess(t, { lifetimeMs: 3 * hour })
  const { cookieValue } = await signIn()
  for (let elapsed = 0; elapsed < 3 * hour - minute; elapsed += minute) {
    time.now += minute
    if (!(await sessions.load(cookieValue, time.now, extend))) t.fail('ended early')
  }
  time.now += minute
  t.equal(await sessions.load(cookieValue, time.now, extend), undefined)
})

t.test('RF-6 a look that does not extend leaves the last activity', async (t) => {
  const { sessions, signIn, time, counts } = setUpProcess(t, { inactivityTimeoutMs: hour })
  const { cookieValue } = await signIn()
  for (let i = 0; i < 5; i++) {
    time.now += 10 * minute
    t.ok(await sessions.load(cookieValue, time.now, { extend: false }))
  }
  t.equal(counts.touch, 0)
  time.now += 10 * minute
  t.equal(await sessions.load(cookieValue, time.now, { extend: false }), undefined)
})

t.test('the last activity is written once a minute, not per request', async (t) => {
  const { sessions, signIn, time, counts } = setUpProcess(t, { inactivityTimeoutMs: 8 * hour })
  const { cookieValue } = await signIn()
  for (let i = 0; i < 600; i++) {
    time.now += 1000
    await sessions.load(cookieValue, time.now, extend)
  }
  t.equal(counts.touch, 10)
})

t.test('what looks inactive in the cache is confirmed at the store', async (t) => {
  const store = createMemoryStore(() => time.now)
  const time = { now: Date.now() }
  const clock = () => time.now
  const faulty = createFaultyStore(store, clock)
  // The report of the other replica's touch never arrives.
  const deaf = { ...faulty.store, changes: { ...faulty.store.changes, subscribe: () => {} } }
  const options = { clock, inactivityTimeoutMs: hour }
  const here = createTestSessions(t, { store: deaf, ...options })
  const elsewhere = createTestSessions(t, { store, ...options })
  const signIn = { identity, tokens: createTokens(time.now, 10 * hour) }
  const { cookieValue } = await here.create(signIn, time.now)
  await here.load(cookieValue, time.now, extend)
  time.now += 50 * minute
  await elsewhere.load(cookieValue, time.now, extend)
  time.now += 50 * minute
  t.equal(here.loadCached(cookieValue, time.now), undefined)
  t.ok(await here.load(cookieValue, time.now, extend))
})

t.test('a failing write of the activity disturbs nobody', async (t) => {
  const { sessions, signIn, time, faulty } = setUpProcess(t, { inactivityTimeoutMs: 8 * hour })
  const { cookieValue } = await signIn()
  await sessions.load(cookieValue, time.now, extend)
  faulty.before.touch = () => {
    throw new StoreUnavailableError('Redis did not answer in time')
  }
  time.now += 2 * minute
  t.ok(sessions.loadCached(cookieValue, time.now))
  await until(() => faulty.counts.touch === 1)
  t.ok(await sessions.load(cookieValue, time.now, extend))
})

t.test('a revoked session is refused at once, here and by a touch under way', async (t) => {
  const { sessions, signIn, time, faulty } = setUpProcess(t)
  const { cookieValue, live } = await signIn()
  await sessions.load(cookieValue, time.now, extend)
  await sessions.destroy(live)
  t.equal(await sessions.load(cookieValue, time.now, extend), undefined)
  t.equal(await faulty.store.load(live.key), undefined)
})

t.test(
  'an ended session that the store no longer has is not revived by a late write',
  async (t) => {
    const { sessions, signIn, time, faulty } = setUpProcess(t, { inactivityTimeoutMs: 8 * hour })
    const { cookieValue, live } = await signIn()
    await sessions.load(cookieValue, time.now, extend)
    const write = createBarrier()
    faulty.before.touch = () => write.opened
    time.now += 2 * minute
    sessions.loadCached(cookieValue, time.now)
    await sessions.destroy(live)
    write.open()
    await until(() => faulty.counts.touch === 1)
    t.equal(await sessions.load(cookieValue, time.now, extend), undefined)
  },
)

t.test(
  'without certainty every request asks the store, and revocation needs no report',
  async (t) => {
    const { sessions, signIn, time, faulty, counts } = setUpProcess(t)
    const { cookieValue } = await signIn()
    await sessions.load(cookieValue, time.now, extend)
    faulty.certain = false
    t.equal(sessions.loadCached(cookieValue, time.now), undefined)
    t.ok(await sessions.load(cookieValue, time.now, extend))
    t.ok(await sessions.load(cookieValue, time.now, extend))
    t.equal(counts.load, 3)
  },
)

t.test('a new generation has every cached session looked at once', async (t) => {
  const { sessions, signIn, time, faulty, counts } = setUpProcess(t)
  const { cookieValue } = await signIn()
  await sessions.load(cookieValue, time.now, extend)
  faulty.goDown()
  faulty.comeBack()
  t.equal(sessions.loadCached(cookieValue, time.now), undefined)
  await sessions.load(cookieValue, time.now, extend)
  t.ok(sessions.loadCached(cookieValue, time.now))
  t.equal(counts.load, 2)
})

t.test('the cache stays within its bytes', async (t) => {
  const { sessions, signIn, time } = setUpProcess(t, { cacheBytes: 50_000 })
  for (let i = 0; i < 100; i++) {
    const { cookieValue } = await signIn()
    await sessions.load(cookieValue, time.now, extend)
    if (sessions.cache.bytes > 50_000) t.fail('over the bound')
  }
  t.ok(sessions.cache.size > 5)
})

t.test('a stored record that does not open is no session', async (t) => {
  const { sessions, signIn, time, faulty } = setUpProcess(t)
  const { cookieValue, live } = await signIn()
  const garbage = Buffer.from('garbage')
  await faulty.store.replace(live.key, garbage, 1)
  t.equal(await sessions.load(cookieValue, time.now, extend), undefined)
  t.ok(parseTicket(cookieValue))
})

import t from 'tap'
import { StoreUnavailableError } from '../../src/session/session-store.js'
import { extend, hour, setUpProcess } from './replicas.js'

t.test('while the store is away, what was certain is honoured for a while', async (t) => {
  const { sessions, signIn, time, faulty } = setUpProcess(t, { staleOnStoreErrorMs: 30_000 })
  const [known, unknown] = [await signIn(), await signIn()]
  await sessions.load(known.cookieValue, time.now, extend)
  time.now += 59_000
  t.ok(sessions.loadCached(known.cookieValue, time.now), 'certain all the while')
  faulty.goDown()
  const load = ({ cookieValue }: { cookieValue: string }) =>
    sessions.load(cookieValue, time.now, extend)

  t.equal(sessions.loadCached(known.cookieValue, time.now), undefined)
  t.ok(await load(known))
  await t.rejects(load(unknown), StoreUnavailableError, 'not known is not absent')
  time.now += 30_000
  t.ok(await load(known))
  time.now += 1
  await t.rejects(load(known), StoreUnavailableError)
  await t.rejects(sessions.destroy(known.live), StoreUnavailableError)
  await t.rejects(signIn(), StoreUnavailableError)
  t.match(await sessions.readiness(), { ready: false, reason: 'Redis cannot be reached' })

  faulty.comeBack()
  t.ok(await load(known))
  t.ok(await load(unknown))
  t.strictSame(await sessions.readiness(), { ready: true })
})

for (const [how, stepMs] of [
  ['back', -hour],
  ['ahead', hour],
] as const) {
  t.test(`a clock that is set ${how} meanwhile makes that no longer and no shorter`, async (t) => {
    let passed = 0
    const { sessions, signIn, time, faulty } = setUpProcess(t, {
      monotonic: () => passed,
      inactivityTimeoutMs: 3 * hour,
      staleOnStoreErrorMs: 30_000,
    })
    const { cookieValue } = await signIn()
    const load = () => sessions.load(cookieValue, time.now, { extend: false })
    await load()
    faulty.goDown()
    time.now += stepMs
    passed += 30_000
    t.ok(await load())
    passed += 1
    await t.rejects(load(), StoreUnavailableError)
  })
}

t.test('a session that was revoked before the store went away is not honoured', async (t) => {
  const { sessions, signIn, time, faulty } = setUpProcess(t)
  const { cookieValue, live } = await signIn()
  await sessions.load(cookieValue, time.now, extend)
  await faulty.store.destroy(live.key)
  faulty.goDown()
  await t.rejects(sessions.load(cookieValue, time.now, extend), StoreUnavailableError)
})

t.test('the lifetime ends a session even while the store is away', async (t) => {
  const { sessions, signIn, time, faulty } = setUpProcess(t, { lifetimeMs: 10_000 })
  const { cookieValue } = await signIn()
  await sessions.load(cookieValue, time.now, extend)
  time.now += 9_999
  faulty.goDown()
  t.ok(await sessions.load(cookieValue, time.now, extend))
  time.now += 1
  t.equal(await sessions.load(cookieValue, time.now, extend), undefined)
})

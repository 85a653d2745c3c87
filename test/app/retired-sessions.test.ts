import t from 'tap'
import { createRetiredSessions } from '../../src/app/retired-sessions.js'
import { createOwnSessions } from '../../src/http/own-sessions.js'
import { createTokens, identity, until } from '../session/fixtures.js'
import { extend, hour, minute, setUpReplicas } from '../session/replicas.js'

const retirementMs = 10_000

/** Two replicas, and what is needed to sign in once more in the same browser. */
function setUp(t: Parameters<typeof setUpReplicas>[0]) {
  const parts = setUpReplicas(t)
  const { here, there, time } = parts
  const warnings: object[] = []
  const retire = createRetiredSessions({
    sessions: here,
    logger: { warn: (fields: object) => void warnings.push(fields) },
    clock: () => time.now,
  })
  async function replace(previous: Awaited<ReturnType<typeof parts.signIn>>, sub = identity.sub) {
    const tokens = createTokens(time.now, 10 * hour)
    const replaces = previous.live.key
    const next = await here.create({ identity: { ...identity, sub }, tokens, replaces }, time.now)
    await retire(previous.live, next.live)
    return next
  }
  const isServed = async ({ cookieValue }: { cookieValue: string }) => {
    const found = [here, there].map((sessions) => sessions.load(cookieValue, time.now, extend))
    const [one, other] = await Promise.all(found)
    t.equal(one === undefined, other === undefined, 'replicas agree')
    return one !== undefined
  }
  return { ...parts, warnings, replace, isServed }
}

t.test(
  'CK-7 a replaced session ends after ten seconds on every replica, however used',
  async (t) => {
    const { time, signIn, replace, isServed, here } = setUp(t)
    const old = await signIn(10 * hour)
    time.now += 10 * minute
    t.ok(await isServed(old))
    const next = await replace(old)
    t.ok(await isServed(old), 'requests of other tabs are still on their way')
    time.now += retirementMs - 1
    t.ok(here.loadCached(old.cookieValue, time.now), 'it is still served from the cache')
    t.ok(await isServed(old))
    time.now += 1
    t.notOk(await isServed(old))
    t.ok(await isServed(next))
  },
)

t.test('what the replaced session has open is closed with it', async (t) => {
  const { time, signIn, replace, there } = setUp(t)
  const old = await signIn(10 * hour)
  const ends: string[] = []
  t.teardown(there.watch(old.live, (end) => ends.push(end)))
  await replace(old)
  time.now += retirementMs
  await until(() => ends.length > 0)
  t.same(ends, ['ended'])
})

t.test('a refresh does not keep a replaced session', async (t) => {
  const { time, signIn, replace, isServed, here, load } = setUp(t)
  const old = await signIn()
  await replace(old)
  time.now += 1000
  const live = await load(here, old.cookieValue)
  const expired = { ...live, refreshAt: time.now }
  await here.freshen(expired, time.now)
  time.now += retirementMs
  t.notOk(await isServed(old))
})

t.test('somebody else who signs in ends the session at once', async (t) => {
  const { signIn, replace, isServed } = setUp(t)
  const old = await signIn(10 * hour)
  const next = await replace(old, 'bob')
  t.notOk(await isServed(old))
  t.ok(await isServed(next))
})

t.test('signing out ends the session that was replaced as well', async (t) => {
  const { signIn, replace, isServed, there, faulty, here } = setUp(t)
  const old = await signIn(10 * hour)
  const next = await replace(old)
  t.ok(await isServed(old))
  // One that did not get everything done can be repeated: the ticket is still good.
  faulty.before.destroy = () => {
    if (faulty.counts.destroy === 2) throw new Error('the link broke')
  }
  await t.rejects(here.destroy(next.live))
  t.notOk(await isServed(old))
  t.ok(await isServed(next))
  await there.destroy(next.live)
  t.notOk(await isServed(next))
})

t.test('a logout by the provider ends both', async (t) => {
  const { signIn, replace, isServed, there } = setUp(t)
  const old = await signIn(10 * hour)
  const next = await replace(old)
  const { issuer, sub } = identity
  t.equal(await there.endWhere({ issuer, sub }), 2)
  t.notOk(await isServed(old))
  t.notOk(await isServed(next))
})

t.test(
  'people see the new session only, and "end all others" means the old one, too',
  async (t) => {
    const { signIn, replace, isServed, here } = setUp(t)
    const old = await signIn(10 * hour)
    const next = await replace(old)
    const own = createOwnSessions(here)
    const { sessions } = await own.list(next.live, 10)
    t.same(
      sessions.map(({ key }) => key),
      [next.live.key],
    )
    t.equal(await own.endOthers(next.live), 1)
    t.notOk(await isServed(old))
  },
)

t.test('a store that cannot be reached fails no login', async (t) => {
  const { signIn, replace, isServed, faulty, warnings } = setUp(t)
  const old = await signIn(10 * hour)
  faulty.before.retire = () => {
    throw new Error('the link broke')
  }
  t.ok(await isServed(await replace(old)))
  t.match(warnings, [{ session: old.live.key }])
})

import t from 'tap'
import { openFacts } from '../../src/session/session-facts.js'
import { createMemoryStore } from '../../src/session/memory-store.js'
import { StoreUnavailableError } from '../../src/session/session-store.js'
import type { Identity } from '../../src/session/session.js'
import { createKeyRing, createSessionKey } from '../../src/session/key-ring.js'
import type { ListedSession, Sessions } from '../../src/session/sessions.js'
import {
  createBarrier,
  createTestSessions,
  createTokens,
  identity,
  keyRing,
  until,
} from './fixtures.js'
import { extend, hour, minute, setUpProcess, setUpReplicas, tokenLifetimeMs } from './replicas.js'

const { issuer, sub } = identity
const sid = identity.sid ?? ''

async function listAll(list: (cursor?: string) => ReturnType<Sessions['list']>) {
  const found = new Map<string, ListedSession>()
  for (let cursor: string | undefined; ;) {
    const page = await list(cursor)
    for (const listed of page.sessions) found.set(listed.key, listed)
    cursor = page.cursor
    if (cursor === undefined) return [...found.values()]
  }
}

function setUp(t: Parameters<typeof setUpProcess>[0]) {
  const process = setUpProcess(t)
  const { sessions, time } = process
  const signInAs = (changes: Partial<Identity>, startedAt = time.now) =>
    sessions.create(
      {
        identity: { ...identity, ...changes },
        tokens: createTokens(time.now, 10 * hour),
        startedAt,
      },
      time.now,
    )
  const isLive = async ({ cookieValue }: { cookieValue: string }) =>
    (await sessions.load(cookieValue, time.now, extend)) !== undefined
  return { ...process, signInAs, isLive }
}

t.test('BCL-10 a sid ends the sessions of that issuer and sid only', async (t) => {
  const { sessions, signInAs, isLive } = setUp(t)
  const [one, other] = [await signInAs({}), await signInAs({})]
  const elsewhere = await signInAs({ issuer: 'https://other.example.com' })
  const later = await signInAs({ sid: 'another-sid' })
  t.equal(await sessions.endWhere({ issuer, sid }), 2)
  t.notOk(await isLive(one))
  t.notOk(await isLive(other))
  t.ok(await isLive(elsewhere))
  t.ok(await isLive(later))
  t.equal(await sessions.endWhere({ issuer, sid }), 0)
})

t.test('BCL-10 a sub ends all sessions of that person', async (t) => {
  const { sessions, signInAs, isLive } = setUp(t)
  const theirs = [await signInAs({}), await signInAs({ sid: 'b' }), await signInAs({ sid: 'c' })]
  const another = await signInAs({ sub: 'bob-sub' })
  t.equal(await sessions.endWhere({ issuer, sub }), 3)
  for (const each of theirs) t.notOk(await isLive(each))
  t.ok(await isLive(another))
})

t.test('a sid is no sub, whatever they are called', async (t) => {
  const { sessions, signInAs, isLive } = setUp(t)
  const live = await signInAs({ sub: 'same', sid: 'other' })
  t.equal(await sessions.endWhere({ issuer, sid: 'same' }), 0)
  t.ok(await isLive(live))
})

t.test('BCL-13 a login that began before the logout makes no session after it', async (t) => {
  for (const group of [
    { issuer, sid },
    { issuer, sub },
  ]) {
    const { sessions, signInAs, isLive, time } = setUp(t)
    const startedAt = time.now
    time.now += 1000
    await sessions.endWhere(group)
    time.now += 1000
    await t.rejects(signInAs({}, startedAt), { code: 'ERR_LOGIN_OVERTAKEN' })
    t.strictSame(await listAll((cursor) => sessions.list(cursor)), [])
    t.ok(await isLive(await signInAs({}, time.now)), 'a later login is none of its business')
  }
})

t.test('BCL-13 a logout amid a login ends it, whatever comes first', async (t) => {
  for (const command of ['create', 'index'] as const) {
    for (const moment of ['before', 'after'] as const) {
      const { sessions, signInAs, time, faulty } = setUp(t)
      const [reached, goOn] = [createBarrier(), createBarrier()]
      faulty[moment][command] = () => {
        faulty[moment] = {}
        reached.open()
        return goOn.opened
      }
      const startedAt = time.now
      const login = signInAs({}, startedAt).then(
        ({ cookieValue }) => cookieValue,
        () => undefined,
      )
      await reached.opened
      time.now += 1000
      await sessions.endWhere({ issuer, sub })
      goOn.open()
      const cookieValue = await login
      const live = cookieValue && (await sessions.load(cookieValue, time.now, extend))
      t.notOk(live, `${moment} ${command}`)
      t.strictSame(await listAll((cursor) => sessions.list(cursor)), [])
    }
  }
})

t.test('BCL-13 B16-3 ending the older session leaves the newer one to be found', async (t) => {
  const { sessions, signInAs, isLive } = setUp(t)
  const older = await signInAs({})
  const newer = await signInAs({})
  await sessions.destroy(older.live)
  t.ok(await isLive(newer))
  t.equal(await sessions.endWhere({ issuer, sid }), 1)
  t.notOk(await isLive(newer))
})

t.test('activity keeps a session findable', async (t) => {
  const { sessions, time, signInAs, isLive } = setUp(t)
  const live = await signInAs({})
  for (let i = 0; i < 10; i++) {
    time.now += 50 * minute
    t.ok(await isLive(live))
    await new Promise((resolve) => setImmediate(resolve))
  }
  t.equal(await sessions.endWhere({ issuer, sid }), 1)
  t.notOk(await isLive(live))
})

t.test('a store that is away ends nothing silently', async (t) => {
  const { sessions, signInAs, isLive, faulty } = setUp(t)
  const live = await signInAs({})
  faulty.goDown()
  await t.rejects(sessions.endWhere({ issuer, sid }), StoreUnavailableError)
  await t.rejects(sessions.endByKey(live.live.key), StoreUnavailableError)
  await t.rejects(sessions.list(), StoreUnavailableError)
  faulty.comeBack()
  t.ok(await isLive(live))
  t.equal(await sessions.endWhere({ issuer, sid }), 1)
})

t.test('a logout that stopped halfway is finished by another', async (t) => {
  const { sessions, signInAs, isLive, faulty } = setUp(t)
  const theirs = [await signInAs({}), await signInAs({}), await signInAs({})]
  let destroyed = 0
  faulty.before.destroy = () => {
    if (destroyed++ > 0) throw new StoreUnavailableError('Redis cannot be reached')
  }
  await t.rejects(sessions.endWhere({ issuer, sub }), StoreUnavailableError)
  faulty.before = {}
  await sessions.endWhere({ issuer, sub })
  for (const each of theirs) t.notOk(await isLive(each))
})

t.test('lists what operators may see, and nothing more', async (t) => {
  const { sessions, time } = setUp(t)
  const tokens = createTokens(time.now, 10 * hour)
  const client = { userAgent: 'x'.repeat(500), address: '192.0.2.7' }
  const { live } = await sessions.create({ identity, tokens, client }, time.now)
  const [listed] = await listAll((cursor) => sessions.list(cursor))
  t.strictSame(listed, {
    key: live.key,
    lastActiveAt: time.now,
    isRetired: false,
    facts: {
      schema: 1,
      providerId: identity.providerId,
      issuer,
      sub,
      createdAt: time.now,
      endsAt: live.session.endsAt,
      userAgent: 'x'.repeat(256),
      clientAddress: '192.0.2.7',
    },
  })
})

t.test('lists the sessions of one person, or all, in pages', async (t) => {
  const { sessions, signInAs } = setUp(t)
  for (let i = 0; i < 450; i++) await signInAs({ sub: `person-${i % 2}` })
  const theirs = await listAll((cursor) => sessions.listWhere({ issuer, sub: 'person-1' }, cursor))
  t.equal(theirs.length, 225)
  t.ok(theirs.every(({ facts }) => facts.sub === 'person-1'))
  t.equal((await listAll((cursor) => sessions.list(cursor))).length, 450)
  t.ok((await sessions.list()).sessions.length < 450)
})

t.test('a page looks at so many entries, be they dead or not', async (t) => {
  const store = createMemoryStore()
  const sessions = createTestSessions(t, { store })
  const dead = Array.from({ length: 3000 }, (_, place) => `A${String(place).padStart(42, '-')}`)
  for (const key of dead) await store.index.add('all-A', key, Date.now() + minute)
  const { live } = await sessions.create(
    { identity, tokens: createTokens(Date.now(), hour) },
    Date.now(),
  )
  let looks = 0
  const { loadFacts } = store
  store.loadFacts = (key) => {
    looks += 1
    return loadFacts(key)
  }
  const { sessions: listed, cursor } = await sessions.list()
  t.strictSame(listed, [])
  t.ok(looks <= 2400, `${looks} looks`)
  t.type(cursor, 'string')
  const keys = (await listAll((next) => sessions.list(next ?? cursor))).map(({ key }) => key)
  t.strictSame(keys, [live.key], 'and the next pages come to the living')
})

t.test('a cursor that nobody gave lists nothing', async (t) => {
  const { sessions, signInAs } = setUp(t)
  await signInAs({})
  for (const cursor of ['', 'x', '-1', '64', '1e3', '0.', `0.${'a'.repeat(65)}`, '0.a b']) {
    t.strictSame(await sessions.list(cursor), { sessions: [] })
  }
})

t.test('ends one session by its key, once', async (t) => {
  const { sessions, signInAs, isLive } = setUp(t)
  const [one, other] = [await signInAs({}), await signInAs({})]
  t.equal(await sessions.endByKey(one.live.key), true)
  t.equal(await sessions.endByKey(one.live.key), false)
  t.notOk(await isLive(one))
  t.ok(await isLive(other))
})

t.test(
  'BCL-13 a refresh that brings another sid is found under it, and not under the old',
  async (t) => {
    const { time, provider, here, there, signIn, load } = setUpReplicas(t)
    provider.plan.answer = () => ({
      kind: 'refreshed',
      tokens: createTokens(time.now, tokenLifetimeMs),
      identity: { ...identity, sid: 'new-sid' },
    })
    const { cookieValue, live } = await signIn()
    time.now += tokenLifetimeMs
    t.equal((await here.freshen(live, time.now)).kind, 'live')
    await until(async () => (await there.endWhere({ issuer, sid })) === 0)
    t.ok(await load(there, cookieValue))
    t.equal(await there.endWhere({ issuer, sid: 'new-sid' }), 1)
    t.equal(await there.load(cookieValue, time.now, extend), undefined)
  },
)

t.test('BCL-13 a logout of the sid that a refresh is just bringing ends the session', async (t) => {
  const { time, provider, here, there, signIn } = setUpReplicas(t)
  const [asked, answer] = [createBarrier(), createBarrier()]
  provider.plan.answer = async () => {
    asked.open()
    await answer.opened
    return {
      kind: 'refreshed',
      tokens: createTokens(time.now, tokenLifetimeMs),
      identity: { ...identity, sid: 'new-sid' },
    }
  }
  const { cookieValue, live } = await signIn()
  time.now += tokenLifetimeMs
  const freshened = here.freshen(live, time.now)
  await asked.opened
  t.equal(await there.endWhere({ issuer, sid: 'new-sid' }), 0)
  answer.open()
  t.equal((await freshened).kind, 'ended')
  t.equal(await there.load(cookieValue, time.now, extend), undefined)
})

t.test('sessions stay findable when the session key is replaced', async (t) => {
  const [old, fresh] = [createSessionKey(), createSessionKey()]
  const store = createMemoryStore()
  t.teardown(() => store.close())
  const before = createTestSessions(t, { store, keyRing: createKeyRing([old, fresh]) })
  const after = createTestSessions(t, { store, keyRing: createKeyRing([fresh, old]) })
  const now = Date.now()
  const create = (sessions: Sessions) =>
    sessions.create({ identity, tokens: createTokens(now, hour) }, now)
  await create(before)
  await create(after)
  t.equal((await listAll((cursor) => after.listWhere({ issuer, sub }, cursor))).length, 2)
  t.equal(await after.endWhere({ issuer, sub }), 2)
})

t.test('facts open with the server key, for their session only', async (t) => {
  const store = createMemoryStore()
  t.teardown(() => store.close())
  const sessions = createTestSessions(t, { store })
  const now = Date.now()
  const { live } = await sessions.create({ identity, tokens: createTokens(now, hour) }, now)
  const sealed = (await store.loadFacts(live.key))?.facts ?? Buffer.alloc(0)
  t.notMatch(sealed.toString('latin1'), /alice|corp|example/)
  t.match(openFacts(keyRing, live.key, sealed), { sub })
  t.equal(openFacts(keyRing, 'another', sealed), undefined)
  t.equal(openFacts(createKeyRing([createSessionKey()]), live.key, sealed), undefined)
})

import t, { type Test } from 'tap'
import { createSessionLimit } from '../../src/session/session-limit.js'
import type { Sessions } from '../../src/session/sessions.js'
import { createTestSessions, createTokens, identity } from './fixtures.js'

async function signIn(sessions: Sessions, now: number, sub = 'alice') {
  const { live } = await sessions.create(
    { identity: { ...identity, sub }, tokens: createTokens(now, 60_000) },
    now,
  )
  return live
}

async function keysOf(sessions: Sessions, sub = 'alice') {
  const page = await sessions.listWhere({ issuer: identity.issuer, sub })
  return new Set(page.sessions.map(({ key }) => key))
}

/** A moment before now, so that sessions which begin a little later still are of the past. */
const start = (t: Test) => ({ sessions: createTestSessions(t), now: Date.now() - 60_000 })

t.test('the oldest go when there are too many', async (t) => {
  const { sessions, now } = start(t)
  const limit = createSessionLimit(sessions, 3)
  const lives = []
  for (let each = 0; each < 5; each++) lives.push(await signIn(sessions, now + each))
  const bob = await signIn(sessions, now - 10, 'bob')
  const [oldest, second, ...stay] = lives
  const newest = stay.at(-1)
  if (newest === undefined) throw new Error('no session')
  t.equal(await limit.enforce(newest), 2)
  t.same(await keysOf(sessions), new Set(stay.map(({ key }) => key)))
  t.notOk((await keysOf(sessions)).has(oldest?.key ?? '') || second?.key === newest.key)
  t.same(await keysOf(sessions, 'bob'), new Set([bob.key]), 'somebody else is left alone')
  t.equal(await limit.enforce(newest), 0)
})

t.test('a retired session does not count', async (t) => {
  const { sessions, now } = start(t)
  const limit = createSessionLimit(sessions, 1)
  const replaced = await signIn(sessions, now)
  const live = await signIn(sessions, now + 1)
  await sessions.retire(replaced, Date.now() + 60_000)
  t.equal(await limit.enforce(live), 0)
  t.equal((await keysOf(sessions)).size, 2)
})

t.test('two logins at once never end each other', async (t) => {
  const { sessions, now } = start(t)
  const limit = createSessionLimit(sessions, 1)
  for (let round = 0; round < 20; round++) {
    const lives = await Promise.all([1, 2, 3].map(() => signIn(sessions, now + round)))
    await Promise.all(lives.map((live) => limit.enforce(live)))
    const keys = await keysOf(sessions)
    t.equal(keys.size, 1)
    t.ok(lives.some(({ key }) => keys.has(key)))
  }
})

t.test('the new session stays, even when its clock is behind', async (t) => {
  const { sessions, now } = start(t)
  const limit = createSessionLimit(sessions, 1)
  await signIn(sessions, now + 5000)
  const live = await signIn(sessions, now)
  t.equal(await limit.enforce(live), 0)
  t.ok((await keysOf(sessions)).has(live.key))
  const next = await signIn(sessions, now + 6000)
  t.equal(await limit.enforce(next), 2, 'the next login makes up for it')
})

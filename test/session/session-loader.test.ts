import t from 'tap'
import { createSessionCache } from '../../src/session/session-cache.js'
import { createMemoryStore } from '../../src/session/memory-store.js'
import { createSessionLoader } from '../../src/session/session-loader.js'
import { sealSession } from '../../src/session/seal.js'
import { createTicket } from '../../src/session/ticket.js'
import { createUnsavedSessions } from '../../src/session/unsaved-sessions.js'
import { bytesGrownOld } from '../helpers/old-bytes.js'
import { createSession, identity, keyRing } from './fixtures.js'

t.test('what a load read goes with it, without waiting for a whole collection', async (t) => {
  const clock = Date.now
  const store = createMemoryStore(clock)
  t.teardown(() => store.close())
  const loader = createSessionLoader({
    store,
    keyRing,
    // Nothing is kept by the cache.
    cache: createSessionCache(0),
    unsaved: createUnsavedSessions(clock),
    inactivityTimeoutMs: 3_600_000,
    refreshAheadMs: 60_000,
    staleOnStoreErrorMs: 30_000,
    clock,
    monotonic: clock,
    onStoreError: (error) => t.fail(error.message),
  })
  const claims = { department: 'x'.repeat(4000) }
  const record = createSession(clock(), { identity: { ...identity, claims } })
  const tickets = Array.from({ length: 30 }, () => createTicket())
  for (const each of tickets) {
    await store.create(each.key, sealSession(keyRing, each, record), clock(), record.endsAt)
  }
  const loadAll = async () => {
    const all = await Promise.all(tickets.map((each) => loader.load(each, clock())))
    t.notOk(all.includes(undefined))
  }
  await loadAll()
  const grown = await bytesGrownOld(loadAll)
  t.ok(grown < 10_000_000, `${grown} bytes of 9,000 loads`)
})

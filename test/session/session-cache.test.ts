import * as fc from 'fast-check'
import t from 'tap'
import { createLiveSession } from '../../src/session/live-session.js'
import {
  type CachedSession,
  createSessionCache,
  type SessionCache,
} from '../../src/session/session-cache.js'
import { createTicket } from '../../src/session/ticket.js'
import { createSession } from './fixtures.js'

const times = { inactivityTimeoutMs: 1000, refreshAheadMs: 1000 }

function createEntry() {
  const stored = { version: 1, lastActiveAt: 1 }
  const live = createLiveSession(times, createTicket(), createSession(), stored)
  return { live, generation: 1, loadedAt: 1 }
}

t.test('finds what was set until it is deleted', async (t) => {
  const cache = createSessionCache(1_000_000)
  const entry = createEntry()
  const { key, ticket } = entry.live
  t.equal(cache.get(ticket.id), undefined)
  cache.set(entry, 1000)
  t.match(cache.get(ticket.id), entry)
  t.ok(cache.bytes > 2000)
  cache.delete(key)
  cache.delete(key)
  t.equal(cache.get(ticket.id), undefined)
  t.equal(cache.bytes, 0)
})

t.test('a newer state takes the place of an older one', async (t) => {
  const cache = createSessionCache(12_000)
  const older = createEntry()
  const newer = { ...older, generation: 2 }
  cache.set(older, 3000)
  cache.set(newer, 4000)
  t.match(cache.get(older.live.ticket.id), newer)
  t.equal(cache.size, 1)
  t.equal(cache.bytes, 6000)
})

t.test('a used session outlives an unused one', async (t) => {
  const cache = createSessionCache(12_000)
  const [one, two, three] = [createEntry(), createEntry(), createEntry()]
  cache.set(one, 3000)
  cache.set(two, 3000)
  cache.get(one.live.ticket.id)
  cache.set(three, 3000)
  t.equal(cache.get(two.live.ticket.id), undefined)
  t.ok(cache.get(one.live.ticket.id))
  t.ok(cache.get(three.live.ticket.id))
})

const isIn = (cache: SessionCache) => (entry: CachedSession) =>
  cache.get(entry.live.ticket.id) !== undefined

t.test('one use saves a session once', async (t) => {
  const cache = createSessionCache(10_000)
  const [one, two, three, four] = [createEntry(), createEntry(), createEntry(), createEntry()]
  cache.set(one, 3000)
  cache.get(one.live.ticket.id)
  for (const each of [two, three, four]) cache.set(each, 3000)
  t.same([one, two, three, four].map(isIn(cache)), [false, false, true, true])
})

t.test('when all were used, the oldest goes and the new one stays', async (t) => {
  const cache = createSessionCache(10_000)
  const [one, two, three] = [createEntry(), createEntry(), createEntry()]
  for (const each of [one, two]) {
    cache.set(each, 3000)
    cache.get(each.live.ticket.id)
  }
  cache.set(three, 3000)
  t.same([one, two, three].map(isIn(cache)), [false, true, true])
})

t.test('what is offered once takes the room of nobody', async (t) => {
  const cache = createSessionCache(12_000)
  const [one, two, three] = [createEntry(), createEntry(), createEntry()]
  for (const each of [one, two]) cache.offer(each, 3000)
  t.same([one, two].map(isIn(cache)), [true, true], 'there is room')
  cache.offer(three, 3000)
  t.notOk(isIn(cache)(three))
  cache.offer(three, 3000)
  t.ok(isIn(cache)(three))
  t.equal(cache.size, 2)
})

t.test('what is offered takes the place of what is there of the same session', async (t) => {
  const cache = createSessionCache(12_000)
  const [one, two] = [createEntry(), createEntry()]
  for (const each of [one, two]) cache.set(each, 3000)
  const newer = { ...one, generation: 2 }
  cache.offer(newer, 5000)
  t.equal(cache.get(one.live.ticket.id)?.generation, 2)
})

t.test('never exceeds its bound, whatever happens', async () => {
  const entries = Array.from({ length: 20 }, createEntry)
  const step = fc.record({
    entry: fc.constantFrom(...entries),
    sealedBytes: fc.nat(30_000),
    action: fc.constantFrom('set', 'offer', 'get', 'delete', 'clear'),
  })
  fc.assert(
    fc.property(fc.nat(50_000), fc.array(step, { maxLength: 100 }), (maxBytes, steps) => {
      const cache = createSessionCache(maxBytes)
      return steps.every(({ entry, sealedBytes, action }) => {
        if (action === 'set') cache.set(entry, sealedBytes)
        if (action === 'offer') cache.offer(entry, sealedBytes)
        if (action === 'get') cache.get(entry.live.ticket.id)
        if (action === 'delete') cache.delete(entry.live.key)
        if (action === 'clear') cache.clear()
        return cache.bytes <= maxBytes && cache.bytes > 0 === cache.size > 0
      })
    }),
  )
})

t.test('with a bound of zero it holds nothing', async (t) => {
  const cache = createSessionCache(0)
  const entry = createEntry()
  cache.set(entry, 100)
  cache.offer(entry, 100)
  cache.offer(entry, 100)
  t.equal(cache.size, 0)
})

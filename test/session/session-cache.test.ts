import * as fc from 'fast-check'
import t from 'tap'
import { createLiveSession } from '../../src/session/live-session.js'
import { createSessionCache } from '../../src/session/session-cache.js'
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
  const { key } = entry.live
  t.equal(cache.get(key), undefined)
  cache.set(entry, 1000)
  t.equal(cache.get(key), entry)
  t.ok(cache.bytes > 2000)
  cache.delete(key)
  cache.delete(key)
  t.equal(cache.get(key), undefined)
  t.equal(cache.bytes, 0)
})

t.test('drops the least recently used first', async (t) => {
  const cache = createSessionCache(12_000)
  const [one, two, three] = [createEntry(), createEntry(), createEntry()]
  cache.set(one, 3000)
  cache.set(two, 3000)
  cache.get(one.live.key)
  cache.set(three, 3000)
  t.equal(cache.get(two.live.key), undefined)
  t.ok(cache.get(one.live.key))
  t.ok(cache.get(three.live.key))
})

t.test('never exceeds its bound, whatever happens', async () => {
  const entries = Array.from({ length: 20 }, createEntry)
  const step = fc.record({
    entry: fc.constantFrom(...entries),
    sealedBytes: fc.nat(30_000),
    action: fc.constantFrom('set', 'get', 'delete', 'clear'),
  })
  fc.assert(
    fc.property(fc.nat(50_000), fc.array(step, { maxLength: 100 }), (maxBytes, steps) => {
      const cache = createSessionCache(maxBytes)
      return steps.every(({ entry, sealedBytes, action }) => {
        if (action === 'set') cache.set(entry, sealedBytes)
        if (action === 'get') cache.get(entry.live.key)
        if (action === 'delete') cache.delete(entry.live.key)
        if (action === 'clear') cache.clear()
        return cache.bytes <= maxBytes && cache.bytes > 0 === cache.size > 0
      })
    }),
  )
})

t.test('with a bound of zero it holds nothing', async (t) => {
  const cache = createSessionCache(0)
  cache.set(createEntry(), 100)
  t.equal(cache.size, 0)
})

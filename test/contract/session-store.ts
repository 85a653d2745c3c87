import type { Test } from 'tap'
import type { SessionKey, SessionStore } from '../../src/session/session-store.js'
import { createTicket } from '../../src/session/ticket.js'
import { until } from '../session/fixtures.js'

const minute = 60_000
const newKey = (): SessionKey => createTicket().key
const sealedOnce = Buffer.from([0, 1, 2, 255, 13, 10])
const sealedTwice = Buffer.from('another')

/** What every session store must do; `createStore` gives an empty one that is closed by the caller. */
export function testSessionStore(t: Test, createStore: (t: Test) => Promise<SessionStore>) {
  const inStore = (title: string, run: (t: Test, store: SessionStore) => Promise<void>) =>
    t.test(title, async (t) => run(t, await createStore(t)))

  inStore('returns what was created, byte for byte, at version 1', async (t, store) => {
    const key = newKey()
    const now = Date.now()
    t.equal(await store.load(key), undefined)
    await store.create(key, sealedOnce, now, now + minute)
    const stored = await store.load(key)
    t.ok(stored?.sealed.equals(sealedOnce))
    t.equal(stored?.version, 1)
    t.equal(stored?.lastActiveAt, now)
  })

  inStore('replaces only the expected version, which then grows', async (t, store) => {
    const key = newKey()
    const now = Date.now()
    t.equal(await store.replace(key, sealedTwice, 1), 'absent')
    await store.create(key, sealedOnce, now, now + minute)
    t.equal(await store.replace(key, sealedTwice, 2), 'conflict')
    t.equal(await store.replace(key, sealedTwice, 1), 'replaced')
    t.equal(await store.replace(key, sealedOnce, 1), 'conflict')
    const stored = await store.load(key)
    t.ok(stored?.sealed.equals(sealedTwice))
    t.equal(stored?.version, 2)
    t.equal(stored?.lastActiveAt, now)
  })

  inStore('lets exactly one of many replacements win', async (t, store) => {
    const key = newKey()
    const now = Date.now()
    await store.create(key, sealedOnce, now, now + minute)
    const attempts = Array.from({ length: 20 }, () => store.replace(key, sealedTwice, 1))
    const wins = (await Promise.all(attempts)).filter((answer) => answer === 'replaced')
    t.equal(wins.length, 1)
  })

  inStore('moves the activity forward and never back', async (t, store) => {
    const key = newKey()
    const now = Date.now()
    await store.create(key, sealedOnce, now, now + minute)
    t.equal(await store.touch(key, now + 5000, now + 2 * minute), true)
    t.equal(await store.touch(key, now + 3000, now + minute), true)
    const stored = await store.load(key)
    t.equal(stored?.lastActiveAt, now + 5000)
    t.equal(stored?.version, 1, 'a touch is no new version')
  })

  inStore('never moves the expiry back', async (t, store) => {
    const key = newKey()
    const now = Date.now()
    await store.create(key, sealedOnce, now, now + minute)
    await store.touch(key, now + 1, now + 1)
    t.ok(await store.load(key))
  })

  inStore('revives nothing', async (t, store) => {
    const key = newKey()
    const now = Date.now()
    t.equal(await store.touch(key, now, now + minute), false)
    t.equal(await store.load(key), undefined)
    await store.create(key, sealedOnce, now, now + minute)
    t.equal(await store.destroy(key), true)
    t.equal(await store.touch(key, now, now + minute), false)
    t.equal(await store.replace(key, sealedTwice, 1), 'absent')
    t.equal(await store.load(key), undefined)
  })

  inStore('destroys once, and only the expected version if one is given', async (t, store) => {
    const key = newKey()
    const now = Date.now()
    t.equal(await store.destroy(key), false)
    await store.create(key, sealedOnce, now, now + minute)
    await store.replace(key, sealedTwice, 1)
    t.equal(await store.destroy(key, 1), false)
    t.ok(await store.load(key))
    t.equal(await store.destroy(key, 2), true)
    t.equal(await store.destroy(key), false)
  })

  inStore('forgets a session when it expires', async (t, store) => {
    const key = newKey()
    const now = Date.now()
    await store.create(key, sealedOnce, now, now + 40)
    await until(async () => (await store.load(key)) === undefined)
    t.equal(await store.replace(key, sealedTwice, 1), 'absent')
    t.equal(await store.touch(key, now, now + minute), false)
    t.equal(await store.destroy(key), false)
  })

  inStore('keeps the expiry when the session is replaced', async (t, store) => {
    const key = newKey()
    const now = Date.now()
    await store.create(key, sealedOnce, now, now + 300)
    t.equal(await store.replace(key, sealedTwice, 1), 'replaced')
    await until(async () => (await store.load(key)) === undefined)
  })

  inStore('a retired session keeps its end, whatever happens to it', async (t, store) => {
    const key = newKey()
    const now = Date.now()
    const retiresAt = now + minute
    await store.create(key, sealedOnce, now, now + 3 * minute, sealedTwice)
    t.equal((await store.load(key))?.retiresAt, undefined)
    t.equal(await store.retire(key, retiresAt), true)
    t.equal(await store.touch(key, now + 1000, now + 2 * minute), true)
    t.equal(await store.retire(key, now + 2 * minute), true, 'the earliest counts')
    t.equal(await store.replace(key, sealedTwice, 1), 'replaced', 'a refresh goes on')
    t.match(await store.load(key), { retiresAt, version: 2, lastActiveAt: now })
    t.match(await store.loadFacts(key), { retiresAt, lastActiveAt: now })
    t.equal(await store.retire(newKey(), retiresAt), false)
  })

  inStore('a retired session is gone in time, and no touch puts that off', async (t, store) => {
    const [touched, brief, past] = [newKey(), newKey(), newKey()]
    const now = Date.now()
    for (const key of [touched, past]) await store.create(key, sealedOnce, now, now + minute)
    await store.create(brief, sealedOnce, now, Date.now() + 200)
    await store.retire(brief, now + minute)
    await store.retire(touched, Date.now() + 100)
    await store.touch(touched, Date.now(), now + minute)
    t.equal(await store.retire(past, now - 1), true)
    t.equal(await store.load(past), undefined)
    for (const key of [touched, brief]) {
      await until(async () => (await store.load(key)) === undefined, 20_000)
      t.equal(await store.retire(key, now + minute), false)
      t.equal(await store.load(key), undefined, 'and is not revived')
    }
  })

  inStore('B16-30 stores nothing that has expired already', async (t, store) => {
    const key = newKey()
    const now = Date.now()
    await store.create(key, sealedOnce, now - 2, now - 1)
    t.equal(await store.load(key), undefined)
  })

  inStore('lets a mark be consumed once until it expires', async (t, store) => {
    const expiresAt = Date.now() + minute
    const attempts = Array.from({ length: 20 }, () => store.consumeOnce('one', expiresAt))
    t.equal((await Promise.all(attempts)).filter(Boolean).length, 1)
    t.equal(await store.consumeOnce('other', expiresAt), true)
    t.equal(await store.consumeOnce('late', Date.now() - 1), false)
    t.equal(await store.consumeOnce('brief', Date.now() + 30), true)
    await until(() => store.consumeOnce('brief', Date.now() + minute))
  })

  inStore('reports every change that matters to a cache', async (t, store) => {
    await until(() => store.changes.certainty() !== undefined)
    const key = newKey()
    const now = Date.now()
    let reports = 0
    store.changes.subscribe((changed) => {
      if (changed === key || changed === undefined) reports++
    })
    const isReported = async (change: () => Promise<unknown>) => {
      const before = reports
      await change()
      await until(() => reports > before)
    }
    await isReported(() => store.create(key, sealedOnce, now, now + minute))
    await isReported(() => store.replace(key, sealedTwice, 1))
    await isReported(() => store.touch(key, now + 1000, now + 2 * minute))
    await isReported(() => store.retire(key, now + minute))
    await isReported(() => store.destroy(key))
    t.ok(reports >= 5)
  })

  inStore('knows how long it has been certain', async (t, store) => {
    await until(() => store.changes.certainty() !== undefined)
    const generation = store.changes.certainty()?.generation
    const uncertainForMs = store.changes.uncertainForMs(generation ?? Number.NaN)
    t.ok(uncertainForMs !== undefined && uncertainForMs >= 0)
  })
}

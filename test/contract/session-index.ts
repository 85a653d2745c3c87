import type { Test } from 'tap'
import type { SessionStore } from '../../src/session/session-store.js'
import { createTicket } from '../../src/session/ticket.js'
import { until } from '../session/fixtures.js'

const minute = 60_000
const newKey = () => createTicket().key
const newName = () => `set-${newKey()}`
const sealed = Buffer.from('sealed')

/** What the index and the facts of every store must do. */
export function testSessionIndex(t: Test, createStore: (t: Test) => Promise<SessionStore>) {
  const inStore = (title: string, run: (t: Test, store: SessionStore) => Promise<void>) =>
    t.test(title, async (t) => run(t, await createStore(t)))

  inStore('keeps sets apart, and an entry once', async (t, store) => {
    const [one, other] = [newName(), newName()]
    const keys = [newKey(), newKey()].toSorted()
    const expiresAt = Date.now() + minute
    t.strictSame(await listAll(store, one), [])
    for (const key of keys) await store.index.add(one, key, expiresAt)
    await store.index.add(one, keys[0] ?? '', expiresAt)
    await store.index.add(other, newKey(), expiresAt)
    t.strictSame(await listAll(store, one), keys)
  })

  inStore('BCL-13 B16-3 removing the older session leaves the newer', async (t, store) => {
    const name = newName()
    const [older, newer] = [newKey(), newKey()]
    await store.index.add(name, older, Date.now() + minute)
    await store.index.add(name, newer, Date.now() + 2 * minute)
    await store.index.remove(name, older)
    await store.index.remove(name, older)
    t.strictSame(await listAll(store, name), [newer])
    await store.index.remove(name, newer)
    t.strictSame(await listAll(store, name), [])
  })

  inStore(
    'lists a large set in pages, completely, while it grows and shrinks',
    async (t, store) => {
      const name = newName()
      const keys = Array.from({ length: 1000 }, newKey)
      const passing = Array.from({ length: 100 }, newKey)
      const expiresAt = Date.now() + minute
      await Promise.all([...keys, ...passing].map((key) => store.index.add(name, key, expiresAt)))
      const found = new Set<string>()
      let pages = 0
      for (let cursor: string | undefined; ;) {
        const page = await store.index.list(name, cursor)
        for (const key of page.keys) found.add(key)
        pages++
        cursor = page.cursor
        if (cursor === undefined) break
        for (const key of passing.splice(0, 20)) await store.index.remove(name, key)
        for (let i = 0; i < 20; i++) await store.index.add(name, newKey(), expiresAt)
      }
      t.ok(pages > 2)
      t.ok(keys.every((key) => found.has(key)))
    },
  )

  inStore('remembers the latest end of a set, for so long', async (t, store) => {
    const name = newName()
    const { index } = store
    const expiresAt = Date.now() + minute
    t.equal(await index.endedAt(name), undefined)
    await index.markEnded(name, 2000, expiresAt)
    t.equal(await index.endedAt(name), 2000)
    await index.markEnded(name, 1000, expiresAt)
    t.equal(await index.endedAt(name), 2000)
    await index.markEnded(name, 3000, Date.now() + 30)
    await until(async () => (await index.endedAt(name)) === undefined)
  })

  inStore('keeps facts beside the session, byte for byte', async (t, store) => {
    const key = newKey()
    const facts = Buffer.from([0, 255, 13, 10])
    const now = Date.now()
    t.equal(await store.loadFacts(key), undefined)
    await store.create(key, sealed, now, now + minute, facts)
    await store.replace(key, sealed, 1)
    await store.touch(key, now + 5000, now + 2 * minute)
    t.strictSame(await store.loadFacts(key), { facts, lastActiveAt: now + 5000 })
    await store.destroy(key)
    t.equal(await store.loadFacts(key), undefined)
  })

  inStore('tells a session without facts from no session', async (t, store) => {
    const key = newKey()
    const now = Date.now()
    await store.create(key, sealed, now, now + minute)
    t.strictSame(await store.loadFacts(key), { lastActiveAt: now })
  })

  inStore('tells whether a mark was consumed, and leaves it', async (t, store) => {
    const mark = newName()
    t.equal(await store.wasConsumed(mark), false)
    t.equal(await store.consumeOnce(mark, Date.now() + minute), true)
    t.equal(await store.wasConsumed(mark), true)
    t.equal(await store.wasConsumed(mark), true)
  })
}

async function listAll({ index }: SessionStore, name: string): Promise<string[]> {
  const found: string[] = []
  for (let cursor: string | undefined; ;) {
    const page = await index.list(name, cursor)
    found.push(...page.keys)
    cursor = page.cursor
    if (cursor === undefined) return [...new Set(found)].toSorted()
  }
}

import type { IndexName, SessionIndex, SessionKey } from './session-store.js'

const pageSize = 200

/** The session index of a store that lives in this process. `sweep` drops what has expired. */
export function createMemoryIndex(clock: () => number): SessionIndex & { sweep(): void } {
  const sets = new Map<IndexName, Map<SessionKey, number>>()
  const ends = new Map<IndexName, { readonly endedAt: number; readonly expiresAt: number }>()

  function remove(name: IndexName, key: SessionKey) {
    const set = sets.get(name)
    set?.delete(key)
    if (set?.size === 0) sets.delete(name)
  }

  return {
    async add(name, key, expiresAt) {
      const set = sets.get(name) ?? new Map<SessionKey, number>()
      sets.set(name, set.set(key, Math.max(set.get(key) ?? 0, expiresAt)))
    },
    async remove(name, key) {
      remove(name, key)
    },
    async list(name, cursor = '') {
      // In the order of the keys, after the last one given: entries that come and go shift nothing.
      const keys = [...(sets.get(name)?.keys() ?? [])].filter((key) => key > cursor).toSorted()
      const page = keys.slice(0, pageSize)
      const last = page.at(-1)
      return keys.length > pageSize && last !== undefined
        ? { keys: page, cursor: last }
        : { keys: page }
    },
    async markEnded(name, endedAt, expiresAt) {
      const known = ends.get(name)
      if (known === undefined || known.endedAt <= endedAt) ends.set(name, { endedAt, expiresAt })
    },
    async endedAt(name) {
      const end = ends.get(name)
      return end !== undefined && end.expiresAt > clock() ? end.endedAt : undefined
    },
    sweep() {
      const now = clock()
      for (const [name, set] of sets) {
        for (const [key, expiresAt] of set) if (expiresAt <= now) remove(name, key)
      }
      for (const [name, { expiresAt }] of ends) if (expiresAt <= now) ends.delete(name)
    },
  }
}

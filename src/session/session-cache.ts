import type { LiveSession } from './live-session.js'
import type { SessionKey } from './session-store.js'

export interface CachedSession {
  readonly live: LiveSession
  /** The generation of the change feed when it was loaded; `undefined` if the feed was not certain. */
  readonly generation: number | undefined
  /** When its load began; epoch milliseconds. */
  readonly loadedAt: number
}

/** Opened sessions, the least recently used ones dropped as soon as their bytes exceed the bound. */
export interface SessionCache {
  get(key: SessionKey): CachedSession | undefined
  /** `sealedBytes` is the size of the stored record, from which the size in memory is estimated. */
  set(entry: CachedSession, sealedBytes: number): void
  delete(key: SessionKey): void
  clear(): void
  readonly bytes: number
  readonly size: number
}

/** Objects, Map slot and ticket of an entry; its strings take what they take in JSON. Measured on V8. */
const entryOverheadBytes = 2000

export function createSessionCache(maxBytes: number): SessionCache {
  // A Map iterates in insertion order: setting anew at each use keeps the least recently used first.
  const entries = new Map<SessionKey, { cached: CachedSession; bytes: number }>()
  let totalBytes = 0

  function remove(key: SessionKey) {
    const entry = entries.get(key)
    if (entry === undefined) return
    entries.delete(key)
    totalBytes -= entry.bytes
  }

  return {
    get(key) {
      const entry = entries.get(key)
      if (entry === undefined) return undefined
      entries.delete(key)
      entries.set(key, entry)
      return entry.cached
    },
    set(cached, sealedBytes) {
      const { key } = cached.live
      remove(key)
      const bytes = entryOverheadBytes + sealedBytes
      if (bytes > maxBytes) return
      entries.set(key, { cached, bytes })
      totalBytes += bytes
      for (const oldest of entries.keys()) {
        if (totalBytes <= maxBytes) break
        remove(oldest)
      }
    },
    delete: remove,
    clear() {
      entries.clear()
      totalBytes = 0
    },
    get bytes() {
      return totalBytes
    },
    get size() {
      return entries.size
    },
  }
}

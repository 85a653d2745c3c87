import type { LiveSession } from './live-session.js'
import { createSecondUse } from './second-use.js'
import type { SessionKey } from './session-store.js'

export interface CachedSession {
  readonly live: LiveSession
  /** The generation of the change feed when it was loaded; `undefined` if the feed was not certain. */
  readonly generation: number | undefined
  /** When its load began, by the monotonic clock. */
  readonly loadedAt: number
}

/**
 * Opened sessions, dropped as soon as their bytes exceed the bound: the oldest first, but for those that were used
 * since their turn came last. They are found by the id of their ticket, which takes no hash, and deleted by their key,
 * as changes are reported. Whoever finds one has yet to compare the secret.
 */
export interface SessionCache {
  get(ticketId: string): CachedSession | undefined
  /** `heldLength` is how long the record is in JSON, as far as it is held; the size in memory is estimated from it. */
  set(entry: CachedSession, heldLength: number): void
  /**
   * As `set`, unless that takes the room of others and this session was not offered before, among about as many as there
   * is room for. Where more sessions are in use than fit, most would be dropped before they are used again, and V8 pays
   * for what is dropped when it has grown old several times what it pays for what lasts as long as its request.
   */
  offer(entry: CachedSession, heldLength: number): void
  delete(key: SessionKey): void
  clear(): void
  readonly bytes: number
  readonly size: number
}

/** In the queue of those that may be dropped. */
interface Entry extends CachedSession {
  readonly bytes: number
  /** Since it was queued. A mark costs less than a new place at each use. */
  isUsed: boolean
  older: Entry | undefined
  newer: Entry | undefined
}

/** Objects, Map slots and ticket of an entry; its strings take what they take in JSON. Measured on V8. */
const entryOverheadBytes = 2000
const usualEntryBytes = 2 * entryOverheadBytes

export function createSessionCache(maxBytes: number): SessionCache {
  const byTicketId = new Map<string, Entry>()
  const byKey = new Map<SessionKey, Entry>()
  let oldest: Entry | undefined
  let newest: Entry | undefined
  let totalBytes = 0
  const isOfferedAgain = createSecondUse(maxBytes / usualEntryBytes)

  function enqueue(entry: Entry) {
    entry.older = newest
    entry.newer = undefined
    if (newest === undefined) oldest = entry
    else newest.newer = entry
    newest = entry
  }

  function dequeue({ older, newer }: Entry) {
    if (older === undefined) oldest = newer
    else older.newer = newer
    if (newer === undefined) newest = older
    else newer.older = older
  }

  function remove(entry: Entry) {
    dequeue(entry)
    byTicketId.delete(entry.live.ticket.id)
    byKey.delete(entry.live.key)
    totalBytes -= entry.bytes
  }

  function drop(key: SessionKey) {
    const entry = byKey.get(key)
    if (entry !== undefined) remove(entry)
  }

  function makeRoom(bytes: number) {
    while (oldest !== undefined && totalBytes + bytes > maxBytes) {
      const entry = oldest
      if (entry.isUsed) {
        entry.isUsed = false
        dequeue(entry)
        enqueue(entry)
      } else {
        remove(entry)
      }
    }
  }

  function set(cached: CachedSession, heldLength: number) {
    const { key, ticket } = cached.live
    drop(key)
    const bytes = entryOverheadBytes + heldLength
    if (bytes > maxBytes) return
    // Before it is queued: when all were used, it is not what has to go.
    makeRoom(bytes)
    const { live, generation, loadedAt } = cached
    const queued = { bytes, isUsed: false, older: undefined, newer: undefined }
    const entry: Entry = { live, generation, loadedAt, ...queued }
    byTicketId.set(ticket.id, entry)
    byKey.set(key, entry)
    totalBytes += bytes
    enqueue(entry)
  }

  return {
    get(ticketId) {
      const entry = byTicketId.get(ticketId)
      if (entry === undefined) return undefined
      entry.isUsed = true
      return entry
    },
    set,
    offer(cached, heldLength) {
      const { key, ticket } = cached.live
      const hasRoom = totalBytes + entryOverheadBytes + heldLength <= maxBytes
      if (hasRoom || byKey.has(key) || isOfferedAgain(ticket.id)) set(cached, heldLength)
    },
    delete: drop,
    clear() {
      byTicketId.clear()
      byKey.clear()
      oldest = undefined
      newest = undefined
      totalBytes = 0
    },
    get bytes() {
      return totalBytes
    },
    get size() {
      return byKey.size
    },
  }
}

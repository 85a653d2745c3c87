import { createMemoryForms } from './memory-forms.js'
import { createMemoryIndex } from './memory-index.js'
import { createMemorySigningKeys } from './memory-signing-keys.js'
import type { ChangeFeed, SessionKey, SessionStore, StoredSession } from './session-store.js'

interface MemoryRecord extends StoredSession {
  readonly expiresAt: number
  readonly facts?: Buffer
}

const sweepIntervalMs = 30_000

/**
 * Keeps sessions in this process, sealed like everywhere else: for one process, and until it ends.
 * Expired ones are never returned, and are removed every half minute.
 */
export function createMemoryStore(clock: () => number = Date.now): SessionStore {
  const records = new Map<SessionKey, MemoryRecord>()
  const consumed = new Map<string, number>()
  const index = createMemoryIndex(clock)
  const forms = createMemoryForms(clock)
  const { changes, report } = createLocalChanges()

  function find(key: SessionKey): MemoryRecord | undefined {
    const record = records.get(key)
    if (record === undefined || record.expiresAt > clock()) return record
    remove(key)
    return undefined
  }

  function put(key: SessionKey, record: MemoryRecord) {
    records.set(key, record)
    report(key)
  }

  function remove(key: SessionKey) {
    records.delete(key)
    report(key)
  }

  function sweep() {
    const now = clock()
    for (const [key, { expiresAt }] of records) if (expiresAt <= now) remove(key)
    for (const [mark, expiresAt] of consumed) if (expiresAt <= now) consumed.delete(mark)
    index.sweep()
    forms.sweep()
  }
  const sweeping = setInterval(sweep, sweepIntervalMs).unref()

  return {
    changes,
    forms,
    index,
    signingKeys: createMemorySigningKeys(clock),
    async create(key, sealed, lastActiveAt, expiresAt, facts) {
      put(key, { sealed, version: 1, lastActiveAt, expiresAt, ...(facts && { facts }) })
    },
    async load(key) {
      return find(key)
    },
    async loadFacts(key) {
      const record = find(key)
      if (record === undefined) return undefined
      const { facts, lastActiveAt, retiresAt } = record
      return {
        lastActiveAt,
        ...(facts && { facts }),
        ...(retiresAt !== undefined && { retiresAt }),
      }
    },
    async replace(key, sealed, expectedVersion) {
      const record = find(key)
      if (record === undefined) return 'absent'
      if (record.version !== expectedVersion) return 'conflict'
      put(key, { ...record, sealed, version: expectedVersion + 1 })
      return 'replaced'
    },
    async touch(key, lastActiveAt, expiresAt) {
      const record = find(key)
      if (record === undefined) return false
      if (record.retiresAt !== undefined) return true
      put(key, {
        ...record,
        lastActiveAt: Math.max(record.lastActiveAt, lastActiveAt),
        expiresAt: Math.max(record.expiresAt, expiresAt),
      })
      return true
    },
    async retire(key, retiresAt) {
      const record = find(key)
      if (record === undefined) return false
      const earliest = Math.min(record.retiresAt ?? retiresAt, retiresAt)
      put(key, {
        ...record,
        retiresAt: earliest,
        expiresAt: Math.min(record.expiresAt, earliest),
      })
      return true
    },
    async destroy(key, expectedVersion) {
      const record = find(key)
      if (record === undefined) return false
      if (expectedVersion !== undefined && record.version !== expectedVersion) return false
      remove(key)
      return true
    },
    async consumeOnce(mark, expiresAt) {
      const now = clock()
      if (expiresAt <= now || (consumed.get(mark) ?? 0) > now) return false
      consumed.set(mark, expiresAt)
      return true
    },
    async wasConsumed(mark) {
      return (consumed.get(mark) ?? 0) > clock()
    },
    async close() {
      clearInterval(sweeping)
    },
  }
}

/** The feed of a store that only this process changes: always certain. */
function createLocalChanges() {
  const listeners: ((key: SessionKey | undefined) => void)[] = []
  const certain = { generation: 1 }
  const changes: ChangeFeed = {
    subscribe: (listener) => void listeners.push(listener),
    certainty: () => certain,
    uncertainForMs: () => 0,
  }
  const report = (key: SessionKey) => {
    for (const listener of listeners) listener(key)
  }
  return { changes, report }
}

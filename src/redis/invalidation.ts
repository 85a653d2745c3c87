import type { Redis } from 'ioredis'
import type { ChangeFeed, SessionKey } from '../session/session-store.js'
import type { RedisKeys } from './redis-keys.js'

export interface RedisChanges {
  readonly changes: ChangeFeed
  /** Calls back when a refresh lock was taken, extended, given up, or ran out. */
  subscribeToLocks(listener: (key: SessionKey) => void): void
  close(): void
}

export interface RedisChangesOptions {
  /** A connection of its own that speaks RESP2: there, invalidations arrive as messages. */
  readonly connection: Redis
  readonly keys: RedisKeys
  readonly clock: () => number
}

const channel = '__redis__:invalidate'
const heartbeatMs = 250
/** The time in which a revocation that happens just as the connection dies can go unnoticed. */
const certainForMs = 750

/**
 * Has Redis report every change of a session or lock, by whatever client (CLIENT TRACKING in broadcast
 * mode). The connection redirects the reports to itself, so there is no half of it that can be lost.
 *
 * Answers and reports come in order on one connection: once a heartbeat is answered, every change from
 * before it was sent has been reported. Each new connection begins a new generation.
 */
export function createRedisChanges(options: RedisChangesOptions): RedisChanges {
  const { connection, keys, clock } = options
  const listeners: ((key: SessionKey | undefined) => void)[] = []
  const lockListeners: ((key: SessionKey) => void)[] = []
  let current = { generation: 0 }
  /** The moment up to which the changes of each of the last generations are known. */
  const knownUntil = new Map<number, number>()
  let isListening = false

  async function listen() {
    const id = await connection.client('ID')
    // prettier-ignore
    await connection.call('CLIENT', 'TRACKING', 'ON', 'REDIRECT', String(id), 'BCAST', 'PREFIX', keys.sessionPrefix, 'PREFIX', keys.lockPrefix)
    const startedAt = clock()
    await connection.subscribe(channel)
    beginGeneration(startedAt)
  }

  function beginGeneration(startedAt: number) {
    current = { generation: current.generation + 1 }
    knownUntil.set(current.generation, startedAt)
    // What older generations knew is staler than any configuration honours after this many.
    knownUntil.delete(current.generation - 1000)
    isListening = true
  }

  async function beat() {
    if (!isListening) return
    const { generation } = current
    const sentAt = clock()
    await connection.ping()
    if (generation === current.generation) knownUntil.set(generation, sentAt)
  }

  connection.on('ready', () => {
    // The server may be too old or forbid tracking: then nothing is ever certain, and all still works.
    void listen().catch(() => {})
  })
  connection.on('close', () => {
    isListening = false
  })
  connection.on('messageBuffer', (_channel: Buffer, message: unknown) => {
    for (const name of parseInvalidation(message)) report(name)
  })
  const heartbeat = setInterval(() => void beat().catch(() => {}), heartbeatMs).unref()

  function report(name: string | undefined) {
    const changed = name === undefined ? undefined : keys.parse(name)
    if (changed?.kind === 'lock') {
      for (const listener of lockListeners) listener(changed.key)
    } else if (changed !== undefined || name === undefined) {
      for (const listener of listeners) listener(changed?.key)
    }
  }

  return {
    changes: {
      subscribe: (listener) => void listeners.push(listener),
      certainty() {
        const until = knownUntil.get(current.generation) ?? Number.NEGATIVE_INFINITY
        return isListening && clock() - until <= certainForMs ? current : undefined
      },
      lastCertainAt: (generation) => knownUntil.get(generation),
    },
    subscribeToLocks: (listener) => void lockListeners.push(listener),
    close() {
      clearInterval(heartbeat)
      connection.disconnect()
    },
  }
}

/** The names in a report; one `undefined` when Redis dropped everything (FLUSHALL) or said nothing clear. */
function parseInvalidation(message: unknown): (string | undefined)[] {
  return Array.isArray(message) ? message.map(String) : [undefined]
}

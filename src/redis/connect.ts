import type { RefreshLock } from '../session/refresh-lock.js'
import type { SessionStore } from '../session/session-store.js'
import { createRedisLink } from './client.js'
import { createRedisChanges } from './invalidation.js'
import { createRedisKeys } from './redis-keys.js'
import { createRedisRefreshLock } from './redis-refresh-lock.js'
import { createRedisSessionStore } from './redis-session-store.js'

export interface RedisOptions {
  readonly url: string
  /** Stands before every key. */
  readonly keyPrefix: string
  /** The deadline of one command. */
  readonly commandTimeoutMs: number
  readonly clock?: () => number
}

/**
 * Opens the two connections of a process, one for commands and one for reports of changes, and returns
 * at once: while Redis is away everything throws StoreUnavailableError, and recovers by itself. Closing
 * the store closes both.
 */
export function connectRedis(options: RedisOptions): { store: SessionStore; lock: RefreshLock } {
  const { clock = Date.now } = options
  const keys = createRedisKeys(options.keyPrefix)
  const link = createRedisLink(options)
  const changes = createRedisChanges({ connection: createRedisLink(options).client, keys, clock })
  return {
    store: createRedisSessionStore({
      link,
      keys,
      changes: changes.changes,
      clock,
      async close() {
        changes.close()
        link.client.disconnect()
      },
    }),
    lock: createRedisRefreshLock({ link, keys, changes }),
  }
}

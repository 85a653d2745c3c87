import { once } from 'node:events'
import { Cluster, type Redis } from 'ioredis'
import { monotonicClock } from '../session/monotonic-clock.js'
import type { RefreshLock } from '../session/refresh-lock.js'
import type { SessionStore } from '../session/session-store.js'
import { askAgain, theServer } from './ask-again.js'
import { createChangeListener } from './change-listener.js'
import { createRedisLink } from './client.js'
import { fetchPrimaries } from './cluster-primaries.js'
import { createConnections, type ConnectionSettings, type RedisConnections } from './connections.js'
import { createRedisChanges, type ServerWatch } from './invalidation.js'
import { createRedisKeys } from './redis-keys.js'
import { createRedisRefreshLock } from './redis-refresh-lock.js'
import { createRedisSessionStore } from './redis-session-store.js'
import type { RedisAddress } from './redis-settings.js'
import { createServerWarnings, type ServerWarnings } from './server-warnings.js'
import { fetchServerFacts, type ServerFacts } from './server-facts.js'

export interface RedisOptions extends ConnectionSettings {
  /** Stands before every key. */
  readonly keyPrefix: string
  readonly clock?: () => number
  readonly monotonic?: () => number
  /** Called at each connection to a server that works in a way which an operator should know of. */
  readonly onWarning?: (warning: string) => void
  /** How often the servers are asked whether they work as they did. */
  readonly askAgainMs?: number
}

const askAgainMs = 30_000

/**
 * Opens the connections of a process, for commands and for reports of changes, and returns at once:
 * while Redis is away everything throws StoreUnavailableError, and recovers by itself. Closing the store
 * closes them all.
 */
export function connectRedis(options: RedisOptions): {
  readonly store: SessionStore
  readonly lock: RefreshLock
  readonly warnings: Pick<ServerWarnings, 'current' | 'whenTold'>
} {
  const { clock = Date.now, monotonic = monotonicClock } = options
  const keys = createRedisKeys(options.keyPrefix)
  const connections = createConnections(options)
  const client = connections.openClient()
  const link = createRedisLink(client)
  const warnings = createServerWarnings(options.onWarning)
  const stopAsking = askAgain(client, warnings, options.askAgainMs ?? askAgainMs)
  const changes = createRedisChanges<RedisAddress | undefined>({
    watch:
      client instanceof Cluster ? watchCluster(client, connections) : watchOne(client, connections),
    keys,
    monotonic,
    onFacts: warnings.note,
    onServers: warnings.keepOnly,
  })
  return {
    store: createRedisSessionStore({
      link,
      keys,
      changes: changes.changes,
      clock,
      async close() {
        stopAsking()
        changes.close()
        client.disconnect()
      },
    }),
    lock: createRedisRefreshLock({ link, keys, changes }),
    warnings: {
      current: warnings.current,
      async whenTold(timeoutMs) {
        const signal = AbortSignal.timeout(timeoutMs)
        const isReady =
          client.status === 'ready' || once(client, 'ready', { signal }).catch(() => {})
        await Promise.all([warnings.whenTold(timeoutMs), isReady])
      },
    },
  }
}

/** The one server that commands go to, be it a primary named by Sentinels or whatever an address leads to. */
function watchOne(client: Redis, connections: RedisConnections): ServerWatch<undefined> {
  const servers = new Map([[theServer, undefined]])
  let facts: ServerFacts | undefined
  client.on('ready', () => {
    // Asked before any command, it is answered before any, too.
    void fetchServerFacts(client).then(
      (told) => (facts = told),
      () => {},
    )
  })
  return {
    fetchServers: async () => servers,
    listenTo: (_server, events) =>
      createChangeListener({ ...events, connection: connections.openServer() }),
    hears(listener) {
      const heard = listener.facts()
      if (facts === undefined || heard === undefined) return 'unknown'
      const isTold = facts.runId !== undefined && heard.runId !== undefined
      return isTold && facts.runId !== heard.runId ? 'another server' : 'the server'
    },
  }
}

function watchCluster(client: Cluster, connections: RedisConnections): ServerWatch<RedisAddress> {
  return {
    fetchServers: () => fetchPrimaries(client),
    listenTo: (server, events) =>
      createChangeListener({ ...events, connection: connections.openServer(server) }),
    hears: () => 'the server',
  }
}

import type { Cluster, Redis, RedisOptions } from 'ioredis'
import { FailFastCluster } from './fail-fast-cluster.js'
import { LastingRedis } from './lasting-redis.js'
import { writeOncePerTurn } from './one-write.js'
import { readAddress, type RedisAddress, type RedisSettings } from './redis-settings.js'
import { createSecretReader } from './secrets.js'
import { endSilence } from './silence.js'

/** Opens connections in the form of the settings. All of them fail fast and come back by themselves. */
export interface RedisConnections {
  /** A connection for commands: to the server, the primary that the Sentinels name, or all of a cluster. */
  openClient(): Redis | Cluster
  /** A connection to one server: the only one, the primary, or the one at `address`. */
  openServer(address?: RedisAddress): Redis
}

export interface ConnectionSettings extends RedisSettings {
  /** How long a connection may be silent that owes an answer. */
  readonly commandTimeoutMs: number
}

/** A server that answers, but slowly, has so many times as long for one command as one that is silent. */
const patience = 10

const retryDelayMs = (attempt: number) => Math.min(50 * attempt, 500)

/**
 * While a connection is down every command fails at once instead of waiting in a queue, and nothing is
 * sent a second time: whether a command that got no answer took effect is for the caller to find out.
 * Before each connection the secrets are read anew.
 */
export function createConnections(settings: ConnectionSettings): RedisConnections {
  const { commandTimeoutMs, sentinel, cluster } = settings
  const readSecrets = createSecretReader(settings)

  const failFast = {
    // The same replies from every server version, and the one in which invalidations reach a listener.
    protocol: 2,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    autoResubscribe: false,
    disableClientInfo: true,
    connectTimeout: 2000,
    // A peer that hangs does not answer the farewell either.
    disconnectTimeout: 100,
    // Answers come in order, so that one may wait for many. Whoever has got none after so long gives up.
    commandTimeout: commandTimeoutMs * patience,
    maxLoadingRetryTime: 200,
    reconnectOnError: isOnWrongServer,
  } satisfies RedisOptions

  function open(where: RedisOptions): Redis {
    const retryStrategy = (attempt: number) => {
      Object.assign(connection.options, secretOptions())
      return retryDelayMs(attempt)
    }
    const connection = new LastingRedis({
      ...failFast,
      ...secretOptions(),
      ...where,
      retryStrategy,
      ...(where.sentinels && { sentinelRetryStrategy: retryStrategy }),
    })
    endSilence(connection, commandTimeoutMs)
    writeOncePerTurn(connection)
    return connection
  }

  function secretOptions(): RedisOptions {
    const { username, password, sentinelUsername, sentinelPassword, tls } = readSecrets()
    return {
      ...(username !== undefined && { username }),
      ...(password !== undefined && { password }),
      ...(tls !== undefined && { tls }),
      ...(sentinel && {
        ...(sentinelUsername !== undefined && { sentinelUsername }),
        ...(sentinelPassword !== undefined && { sentinelPassword }),
        ...(tls !== undefined && { sentinelTLS: tls, enableTLSForSentinelMode: true }),
      }),
    }
  }

  function openCluster(nodes: readonly string[]): Cluster {
    const client = new FailFastCluster(nodes.map(readAddress), {
      enableOfflineQueue: true,
      clusterRetryStrategy: retryDelayMs,
      // Redirections say that a command was not run; after a lost connection nobody knows.
      maxRedirections: 5,
      retryDelayOnFailover: 0,
      retryDelayOnClusterDown: 0,
      retryDelayOnTryAgain: 50,
      slotsRefreshTimeout: commandTimeoutMs,
      // Names stay names, as certificates are made out to them.
      dnsLookup: (address, callback) => callback(null, address),
      redisOptions: failFast,
    })
    // Told before the node is connected to, each time that one is.
    client.on('+node', (node: Redis) => {
      Object.assign(node.options, secretOptions())
      endSilence(node, commandTimeoutMs)
      writeOncePerTurn(node)
    })
    return client
  }

  const openSingle = () => {
    const { database } = settings
    const db = database === undefined ? {} : { db: database }
    if (!sentinel) return open({ ...placeOf(settings.url ?? ''), ...db })
    return open({
      ...db,
      sentinels: sentinel.nodes.map(readAddress),
      name: sentinel.name,
      role: 'master',
      sentinelCommandTimeout: commandTimeoutMs,
      // A primary that was cut off with us goes on answering: the Sentinels tell that it is none.
      failoverDetector: true,
      sentinelReconnectStrategy: retryDelayMs,
    })
  }

  return {
    openClient: () => (cluster ? openCluster(cluster) : openSingle()),
    openServer: (address) => (address ? open({ ...address }) : openSingle()),
  }
}

/** Where a URL leads to; what it says of user, password and TLS is among the secrets. */
function placeOf(text: string): RedisOptions {
  const { protocol, hostname, port, pathname } = new URL(text)
  if (protocol === 'unix:') return { path: decodeURIComponent(pathname) }
  const host = hostname.replace(/^\[(.*)\]$/, '$1')
  const database = Number(pathname.slice(1))
  return { host, port: Number(port || 6379), db: database }
}

/** After a failover the address may lead to the new primary while the connection stays at the old one. */
function isOnWrongServer(error: Error): boolean {
  return error.message.startsWith('READONLY')
}

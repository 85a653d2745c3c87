import { Redis } from 'ioredis'
import { StoreUnavailableError } from '../session/session-store.js'

export interface RedisLinkOptions {
  /** redis:// or rediss://, with user and password if need be. */
  readonly url: string
  /** The deadline of one command, and of silence on a connection that owes an answer. */
  readonly commandTimeoutMs: number
}

/** A connection and the way to use it. */
export interface RedisLink {
  readonly client: Redis
  /** Runs commands. Whatever goes wrong is a StoreUnavailableError that says what, and nothing secret. */
  readonly reach: <Result>(commands: () => Promise<Result>) => Promise<Result>
}

/**
 * Opens a connection that fails fast and comes back by itself. While it is down every command fails at
 * once instead of waiting in a queue, and nothing is sent a second time: whether a command that got no
 * answer took effect is for the caller to find out. Never throws and never emits an unhandled error.
 */
export function createRedisLink({ url, commandTimeoutMs }: RedisLinkOptions): RedisLink {
  const client = new Redis(url, {
    // The same replies from every server version, and the one in which invalidations reach a listener.
    protocol: 2,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    autoResubscribe: false,
    disableClientInfo: true,
    connectTimeout: 2000,
    commandTimeout: commandTimeoutMs,
    // A partition leaves connections that look alive: silence ends them, so that a new one can work.
    socketTimeout: commandTimeoutMs,
    maxLoadingRetryTime: 200,
    retryStrategy: (attempt) => Math.min(50 * attempt, 500),
    reconnectOnError: isOnWrongServer,
  })
  let disconnectedBy: string | undefined
  // Without a listener the event would end the process. Commands say why they cannot be sent.
  client.on('error', (error) => {
    disconnectedBy = findCode(error)
  })
  client.on('ready', () => {
    disconnectedBy = undefined
  })

  return {
    client,
    async reach(commands) {
      try {
        return await commands()
      } catch (error) {
        // No `cause`: the client's errors carry the arguments of the command, a password among them.
        throw new StoreUnavailableError(describeFailure(error, disconnectedBy))
      }
    },
  }
}

/** After a failover the address may lead to the new primary while the connection stays at the old one. */
function isOnWrongServer(error: Error): boolean {
  return error.message.startsWith('READONLY')
}

/** Whether another kind of value stands where a session should: then there is no session there. */
export function isWrongType(error: unknown): boolean {
  return error instanceof Error && error.message.includes('WRONGTYPE')
}

function describeFailure(error: unknown, disconnectedBy: string | undefined): string {
  if (error instanceof Error && error.message === 'Command timed out') {
    return 'Redis did not answer in time'
  }
  const code = findCode(error)
  if (code !== undefined) return `Redis refused with ${code}`
  const reason = disconnectedBy === undefined ? '' : ` (${disconnectedBy})`
  return `Redis cannot be reached${reason}`
}

/** The code of a network error, or the one that an error reply begins with; the rest may quote arguments. */
function findCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  if ('code' in error && typeof error.code === 'string') return error.code
  return /^[A-Z][A-Z_]+\b/.exec(error.message)?.[0]
}

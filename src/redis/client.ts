import type { Cluster, Redis } from 'ioredis'
import { StoreUnavailableError } from '../session/session-store.js'

/** What runs commands: a connection to one server, or to all of a cluster. */
export type RedisClient = Redis | Cluster

/** A connection and the way to use it. */
export interface RedisLink {
  readonly client: RedisClient
  /** Runs commands. Whatever goes wrong is a StoreUnavailableError that says what, and nothing secret. */
  readonly reach: <Result>(commands: () => Promise<Result>) => Promise<Result>
}

/** Wraps a client whose errors then end no process and tell no secret. */
export function createRedisLink(client: RedisClient): RedisLink {
  let disconnectedBy: string | undefined
  const note = (error: unknown) => {
    const code = findCode(error)
    disconnectedBy = (code === 'ERR' ? undefined : code) ?? disconnectedBy ?? findLostNodes(error)
  }
  // Without a listener the event would end the process. Commands say why they cannot be sent.
  client.on('error', note)
  client.on('node error', note)
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
  const told = /\bLast error: (?:ReplyError: |Error: )?(?:connect )?(.*)/.exec(error.message)?.[1]
  return /^[A-Z][A-Z_]+\b/.exec(told ?? error.message)?.[0]
}

/** What it means that the client got nowhere with any of the addresses that it has. */
function findLostNodes(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  if (error.message.startsWith('All sentinels')) return 'no Sentinel names a primary'
  return error.message.startsWith('Failed to refresh slots') ? 'no node answers' : undefined
}

import type { Redis } from 'ioredis'

/** What a server tells of itself; what it does not tell, or forbids to ask, is `undefined`. */
export interface ServerFacts {
  /** New at each start of the server. */
  readonly runId: string | undefined
  readonly evictionPolicy: string | undefined
}

/** Asks a server about itself. Throws only when it cannot be asked at all. */
export async function fetchServerFacts(server: Redis): Promise<ServerFacts> {
  const info = await server.info().catch((error: unknown) => {
    if (error instanceof Error && error.message.startsWith('NOPERM')) return ''
    throw error
  })
  return { runId: find(info, 'run_id'), evictionPolicy: find(info, 'maxmemory_policy') }
}

function find(info: string, field: string): string | undefined {
  return new RegExp(`^${field}:(\\S+)`, 'm').exec(info)?.[1]
}

/** What an operator should know of the server, although it works; `undefined` when all is well. */
export function warningOf({ evictionPolicy }: ServerFacts): string | undefined {
  if (evictionPolicy === undefined || evictionPolicy === 'noeviction') return undefined
  return `maxmemory-policy is ${evictionPolicy}, so that Redis may drop sessions when its memory is full and sign people out; set noeviction`
}

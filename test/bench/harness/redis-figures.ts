import type { Redis } from 'ioredis'

export interface CommandFigures {
  readonly calls: number
  /** CPU time in the server, microseconds. */
  readonly micros: number
}

/** What each command cost since the last `config resetstat`, but for looking and staying in touch. */
export async function fetchCommands(redis: Redis): Promise<Map<string, CommandFigures>> {
  const stats = await redis.info('commandstats')
  const commands = new Map<string, CommandFigures>()
  for (const [, name = '', calls, micros] of stats.matchAll(
    /^cmdstat_([^:]+):calls=(\d+),usec=(\d+)/gm,
  )) {
    if (/^(ping|info|memory|config|client)\b/.test(name)) continue
    commands.set(name, { calls: Number(calls), micros: Number(micros) })
  }
  return commands
}

export async function fetchUsedMemory(redis: Redis): Promise<number> {
  return readNumber(await redis.info('memory'), 'used_memory')
}

export async function fetchPid(redis: Redis): Promise<number> {
  return readNumber(await redis.info('server'), 'process_id')
}

export async function fetchVersion(redis: Redis): Promise<string> {
  return /^redis_version:(\S+)/m.exec(await redis.info('server'))?.[1] ?? 'unknown'
}

function readNumber(info: string, name: string): number {
  return Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(info)?.[1])
}

/** The mean of what `keys` take, their entries in the table of all keys included but for its slots. */
export async function meanMemory(redis: Redis, keys: readonly string[]): Promise<number> {
  const sizes = await Promise.all(keys.map((key) => redis.memory('USAGE', key, 'SAMPLES', 0)))
  return sizes.reduce<number>((sum, size) => sum + Number(size), 0) / keys.length
}

import type { Redis } from 'ioredis'
import { Pool } from 'undici'
import type { ValetkeyProcess } from '../../helpers/valetkey.js'
import { visit, visitOnce } from './visit.js'
import { cpuMs } from '../harness/process-figures.js'
import { fetchCommands, fetchPid } from '../harness/redis-figures.js'
import { medianMs, spread } from '../harness/timing.js'

export interface ColdFigures {
  readonly coldMs: number
  readonly coldCpuMicros: number
  readonly redisMicros: number
  readonly redisCpuMicros: number
  /** For example `1 hmget`. */
  readonly commands: string
}

/**
 * Requests through a process that caches nothing. The first ones note the activity, which happens once
 * a minute whatever the cache holds; the measured ones follow within that minute.
 */
export async function measureCold(
  redis: Redis,
  valetkey: ValetkeyProcess,
  cookies: readonly string[],
): Promise<ColdFigures> {
  const warmUp = spread(cookies, 500)
  const sample = spread(cookies.toReversed(), 500)
  const repeated = [...sample, ...sample]
  const redisPid = await fetchPid(redis)
  await visit(valetkey.url, [...warmUp, ...warmUp, ...warmUp, ...warmUp, ...sample], 16)
  const pool = new Pool(valetkey.url, { connections: 1 })
  const pid = valetkey.child.pid ?? 0

  await redis.config('RESETSTAT')
  const before = [await cpuMs(pid), await cpuMs(redisPid)]
  const coldMs = await medianMs(repeated, (cookie) => visitOnce(pool, cookie))
  const after = [await cpuMs(pid), await cpuMs(redisPid)]
  await pool.close()

  const [coldCpuMicros = 0, redisCpuMicros = 0] = after.map(
    (total, place) => ((total - (before[place] ?? 0)) * 1000) / repeated.length,
  )
  const commands = [...(await fetchCommands(redis))]
  const micros = commands.reduce((sum, [, each]) => sum + each.micros, 0)
  return {
    coldMs,
    coldCpuMicros,
    redisCpuMicros,
    redisMicros: micros / repeated.length,
    commands: commands
      .map(([name, { calls }]) => `${Number((calls / repeated.length).toFixed(4))} ${name}`)
      .join(', '),
  }
}

import { fetch } from 'undici'
import type { Contender } from '../contenders/contender.js'
import { fetchPid } from './redis-figures.js'
import { cpuMs, treeCpuMs, treeMegabytes } from './process-figures.js'
import { runWrk, type WrkOptions } from './wrk.js'

/** What one contender cost in one round. */
export interface Figures {
  readonly requests: number
  /** CPU time of its processes for a request, microseconds. */
  readonly cpuMicros: number
  /** Likewise of its Redis; 0 without one. */
  readonly redisMicros: number
  readonly perSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly p999Ms: number
  readonly megabytes: number
}

export interface Workload {
  readonly path: string
  readonly uploadBytes?: number
}

/** Puts a contender under load for some seconds. */
export async function measure(
  { url, headers, pid, redis }: Contender,
  workload: Workload & Pick<WrkOptions, 'cookies' | 'connections'>,
  seconds: number,
): Promise<Figures> {
  const { path, ...load } = workload
  const redisPid = redis && (await pidOf(redis))
  const cpu = async () => [await treeCpuMs(pid), redisPid ? await cpuMs(redisPid) : 0] as const
  const before = await cpu()
  const figures = await runWrk({ ...load, url: url + path, headers, seconds })
  const after = await cpu()
  const [cpuMicros = 0, redisMicros = 0] = after.map(
    (ms, at) => ((ms - (before[at] ?? 0)) * 1000) / figures.requests,
  )
  return { ...figures, cpuMicros, redisMicros, megabytes: await treeMegabytes(pid) }
}

const pids = new WeakMap<object, number>()

async function pidOf(redis: NonNullable<Contender['redis']>): Promise<number> {
  const pid = pids.get(redis) ?? (await fetchPid(redis.client()))
  pids.set(redis, pid)
  return pid
}

/** Throws unless the contender serves what the application answers. */
export async function expectServed(
  { name, url, headers }: Contender,
  path: string,
  expected: string,
): Promise<void> {
  const response = await fetch(url + path, { headers, redirect: 'manual' })
  const body = await response.text()
  if (response.status === 200 && body === expected) return
  throw new Error(`${name} answers ${path} with ${response.status}: ${body.slice(0, 500)}`)
}

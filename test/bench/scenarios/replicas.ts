import { startRedis } from '../../helpers/redis-server.js'
import { startBundledValetkey } from '../contenders/valetkey.js'
import { cpuDuring } from '../harness/cpu-during.js'
import { createOwner, type Owner } from '../harness/owner.js'
import { startParts } from '../harness/parts.js'
import type { Parts } from '../contenders/contender.js'
import { fetchPid } from '../harness/redis-figures.js'
import { inRounds } from '../harness/rounds.js'
import { medianOf, percent } from '../harness/statistics.js'
import { storeSessions } from '../harness/stored-sessions.js'
import { markdownTable } from '../harness/table.js'
import { runWrk } from '../harness/wrk.js'

const numbers = [1, 2, 4]
const sessions = 5000
const rounds = 3
const warmUpSeconds = 4
const seconds = 10
const connections = 32
const noteEveryMs = 60_000

/**
 * What more processes on one Redis cost. Everybody uses all of them, so that each has every session, and each
 * is told whenever another one has noted an activity.
 */
export async function replicas(owner: Owner): Promise<string> {
  const parts = await startParts(owner)
  const measured = await inRounds(rounds, numbers, (number) => measureReplicas(parts, number))
  const rows = numbers.map((number, at) => {
    const all = measured[at] ?? []
    const cpu = medianOf(all.map(({ cpuMicros }) => cpuMicros))
    return [
      String(number),
      cpu.median.toFixed(1),
      percent(cpu.spread),
      medianOf(all.map(({ redisMicros }) => redisMicros)).median.toFixed(2),
      medianOf(all.map(({ perSecond }) => perSecond)).median.toFixed(0),
    ]
  })
  return `${sessions.toLocaleString('en')} sessions, each used by all processes, and its activity noted once a minute.

${markdownTable(['processes', 'CPU µs a request', '±', 'Redis µs a request', 'req/s, all'], rows)}`
}

async function measureReplicas(parts: Parts, number: number) {
  const owner = createOwner()
  try {
    const redis = await startRedis()
    owner.teardown(() => redis.stop())
    const cookies = await storeSessions(redis, sessions, {
      issuer: parts.provider.issuer,
      // As it is after a while: in every second a sixtieth of them is due.
      activeAgoMs: (session) => (session / sessions) * noteEveryMs,
    })
    const processes = await Promise.all(
      Array.from({ length: number }, () => startBundledValetkey({ ...parts, owner }, { redis })),
    )
    const pids = processes.map(({ child }) => child.pid ?? 0)
    const load = (forSeconds: number) =>
      Promise.all(
        processes.map(({ url }) =>
          runWrk({
            url: `${url}/small`,
            seconds: forSeconds,
            cookies,
            connections: connections / number,
          }),
        ),
      )
    await load(warmUpSeconds)
    const redisPid = await fetchPid(redis.client())
    const { cpuMs, result } = await cpuDuring([redisPid, ...pids], () => load(seconds))
    const [redisMs = Number.NaN, ...each] = cpuMs
    const requests = sum(result.map((figures) => figures.requests))
    return {
      cpuMicros: (sum(each) * 1000) / requests,
      redisMicros: (redisMs * 1000) / requests,
      perSecond: sum(result.map(({ perSecond }) => perSecond)),
    }
  } finally {
    await owner.end()
  }
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)

import { setTimeout as wait } from 'node:timers/promises'
import { type RedisServer, startRedis } from '../../helpers/redis-server.js'
import type { Parts } from '../contenders/contender.js'
import { startBundledValetkey } from '../contenders/valetkey.js'
import { meanwhile } from '../harness/meanwhile.js'
import { readMetric } from '../harness/metrics.js'
import { createOwner, type Owner } from '../harness/owner.js'
import { startParts } from '../harness/parts.js'
import { residentMegabytes } from '../harness/process-figures.js'
import { nothingToNote, storeSessions } from '../harness/stored-sessions.js'
import { markdownTable } from '../harness/table.js'
import { runWrk } from '../harness/wrk.js'

const idleMs = 5000
const cases = [
  { sessions: 1, seconds: 20 },
  { sessions: 10_000, seconds: 20 },
  { sessions: 100_000, seconds: 60 },
  { sessions: 100_000, seconds: 60, session: { cacheBytes: 2 ** 30 } },
]

/** What a process has in memory: idle, and under load by so many sessions in turn. */
export async function memory(owner: Owner): Promise<string> {
  const parts = await startParts(owner)
  const redis = await startRedis()
  owner.teardown(() => redis.stop())
  const most = Math.max(...cases.map(({ sessions }) => sessions))
  const { issuer } = parts.provider
  const cookies = await storeSessions(redis, most, { issuer, activeAgoMs: nothingToNote })
  const rows: string[][] = []
  for (const each of cases) {
    rows.push(await measureMemory(parts, redis, { ...each, cookies }))
    process.stderr.write('.')
  }
  process.stderr.write('\n')
  const head = [
    'sessions in use',
    'MB of cache',
    'of them in it',
    'MB idle',
    'under load',
    'at most',
  ]
  return markdownTable(head, rows)
}

async function measureMemory(
  parts: Parts,
  redis: RedisServer,
  options: (typeof cases)[number] & { readonly cookies: readonly string[] },
): Promise<string[]> {
  const { sessions, seconds, session = {} } = options
  const owner = createOwner()
  try {
    const { url, adminUrl, child } = await startBundledValetkey(
      { ...parts, owner },
      { redis, session },
    )
    const pid = child.pid ?? 0
    await wait(idleMs)
    const idle = await residentMegabytes(pid)
    const cookies = options.cookies.slice(0, sessions)
    const seen: number[] = []
    await meanwhile(runWrk({ url: `${url}/small`, seconds, cookies }), async () => {
      seen.push(await residentMegabytes(pid))
      await wait(100)
    })
    const cached = await readMetric(adminUrl, 'valetkey_session_cache_sessions')
    const cachedBytes = await readMetric(adminUrl, 'valetkey_session_cache_bytes')
    return [
      sessions.toLocaleString('en'),
      (cachedBytes / 2 ** 20).toFixed(0),
      cached.toLocaleString('en'),
      idle.toFixed(0),
      (seen.at(-1) ?? Number.NaN).toFixed(0),
      Math.max(...seen).toFixed(0),
    ]
  } finally {
    await owner.end()
  }
}

import { startRedis } from '../../helpers/redis-server.js'
import { startBundledValetkey } from '../contenders/valetkey.js'
import { readMetric } from '../harness/metrics.js'
import type { Owner } from '../harness/owner.js'
import type { PartOptions } from '../harness/part.js'
import { startParts } from '../harness/parts.js'
import { residentMegabytes } from '../harness/process-figures.js'
import { percent } from '../harness/statistics.js'
import { storeSessions } from '../harness/stored-sessions.js'
import { markdownTable } from '../harness/table.js'
import { runWrk } from '../harness/wrk.js'

const sessions = 10_000
const pieces = 10
const noteEveryMs = 60_000
/** The metric tells how long after its turn a timer of so long fired, that time included. */
const lagResolutionMs = 10

/** Ten minutes at saturation by 10,000 sessions, looked at minute by minute; `seconds` makes it shorter. */
export async function soak(owner: Owner, { seconds = 600 }: PartOptions): Promise<string> {
  const parts = await startParts(owner)
  const redis = await startRedis()
  owner.teardown(() => redis.stop())
  const cookies = await storeSessions(redis, sessions, {
    issuer: parts.provider.issuer,
    activeAgoMs: (session) => (session / sessions) * noteEveryMs,
  })
  const { url, adminUrl, child } = await startBundledValetkey(parts, { redis })
  const readDelayMs = async () =>
    (await readMetric(adminUrl, 'nodejs_eventloop_lag_p99_seconds')) * 1000 - lagResolutionMs
  const each = Math.max(1, Math.round(seconds / pieces))
  const seen = []
  for (let piece = 1; piece <= pieces; piece++) {
    // Reading it begins it anew.
    await readDelayMs()
    const { perSecond, p99Ms } = await runWrk({ url: `${url}/small`, seconds: each, cookies })
    const delayMs = await readDelayMs()
    const megabytes = await residentMegabytes(child.pid ?? 0)
    seen.push({ until: piece * each, perSecond, p99Ms, delayMs, megabytes })
    process.stderr.write('.')
  }
  process.stderr.write('\n')
  const rows = seen.map(({ until, perSecond, p99Ms, delayMs, megabytes }) => [
    String(until),
    perSecond.toFixed(0),
    p99Ms.toFixed(1),
    delayMs.toFixed(1),
    megabytes.toFixed(0),
  ])
  const [first, last] = [seen[0], seen.at(-1)]
  if (!first || !last) throw new Error('nothing was seen')
  const later = seen.slice(1).map(({ megabytes }) => megabytes)
  return `${markdownTable(['after s', 'req/s', 'p99 ms', 'event loop delay p99 ms', 'MB'], rows)}
Throughput changes by ${percent(last.perSecond / first.perSecond - 1)} from the first to the last piece of ${each} s. After the first there are ${Math.min(...later).toFixed(0)} to ${Math.max(...later).toFixed(0)} MB.`
}

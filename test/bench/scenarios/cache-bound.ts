import { startRedis } from '../../helpers/redis-server.js'
import { startBundledValetkey } from '../contenders/valetkey.js'
import type { Owner } from '../harness/owner.js'
import { startParts } from '../harness/parts.js'
import { storeSessions } from '../harness/stored-sessions.js'
import { markdownTable } from '../harness/table.js'
import { type CacheFigures, measureCache } from '../million/cache-memory.js'

const sessions = 40_000
const cacheBytes = 32 * 2 ** 20
const bytesPerSession = 3910
const bounds = [1, 2, 5, 10]

/** The memory of a process while sessions of several times its cache's bound pass through. */
export async function cacheAtBound(owner: Owner): Promise<string> {
  const parts = await startParts(owner)
  const redis = await startRedis()
  owner.teardown(() => redis.stop())
  const cookies = await storeSessions(redis, sessions, { issuer: parts.provider.issuer })
  const perBound = Math.ceil(cacheBytes / bytesPerSession)

  const measureWith = async (bound: number) => {
    // Beside other work the machine may be slow: that is no reason to stop.
    const session = { cacheBytes: bound, redis: { url: redis.url, commandTimeout: '10s' } }
    const valetkey = await startBundledValetkey(parts, { redis, session })
    const seen = await measureCache(valetkey, cookies, perBound, bounds)
    await valetkey.stop()
    process.stderr.write('.')
    return seen
  }
  const [bounded, none] = [await measureWith(cacheBytes), await measureWith(0)]
  process.stderr.write('\n')
  return `A cache of ${cacheBytes / 2 ** 20} MB; a bound is ${perBound.toLocaleString('en')} sessions, of ${sessions.toLocaleString('en')} in Redis.

${markdownTable(
  ['bounds passed through', ...bounded.map(({ label }) => label)],
  [
    row('MB in the cache', bounded, 'cachedMb'),
    row('MB resident', bounded, 'residentMb'),
    row('MB resident, cache of 0', none, 'residentMb'),
  ],
)}`
}

const row = (name: string, seen: readonly CacheFigures[], figure: keyof CacheFigures) => [
  name,
  ...seen.map((each) => Number(each[figure]).toFixed(0)),
]

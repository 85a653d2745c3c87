import { createRedisKeys } from '../../../src/redis/redis-keys.js'
import { createKeyRing } from '../../../src/session/key-ring.js'
import { parseTicket } from '../../../src/session/ticket.js'
import { startRedis } from '../../helpers/redis-server.js'
import { sessionKey } from '../../helpers/stack.js'
import { startBundledValetkey } from '../contenders/valetkey.js'
import type { Owner } from '../harness/owner.js'
import type { PartOptions } from '../harness/part.js'
import { startParts } from '../harness/parts.js'
import { fetchUsedMemory, meanMemory } from '../harness/redis-figures.js'
import { cookieHeader, defaultTimes } from '../harness/stored-sessions.js'
import { markdownTable, withRatio } from '../harness/table.js'
import { spread } from '../harness/timing.js'
import { measureCold } from '../million/cold-request.js'
import { createFiller } from '../million/fill.js'
import { measureInventory } from '../million/inventory.js'

const keptCookies = 40_000

/**
 * What 1,000, 100,000 and 1,000,000 sessions in a real Redis cost: memory there, cold requests, and finding and
 * ending sessions without their tickets. A million need 6 GB and some minutes.
 */
export async function storedSessions(
  owner: Owner,
  { sessions: counts = [1000, 100_000, 1_000_000] }: PartOptions,
): Promise<string> {
  const parts = await startParts(owner)
  const { issuer } = parts.provider
  const server = await startRedis()
  owner.teardown(() => server.stop())
  const redis = server.client()
  const keyRing = createKeyRing([sessionKey])
  const keys = createRedisKeys('valetkey:')
  const nameOf = (cookie: string) => keys.session(parseTicket(cookie)?.key ?? '')
  const oneIn = Math.max(1, Math.floor((counts.at(-1) ?? 0) / keptCookies))
  const times = defaultTimes
  const filler = createFiller({ port: server.port, keyRing, issuer, times, oneIn })
  owner.teardown(() => filler.close())
  // Beside other work the machine may be slow: that is no reason to stop.
  const session = { cacheBytes: 0, redis: { url: server.url, commandTimeout: '10s' } }
  const emptyBytes = await fetchUsedMemory(redis)

  const cookies: string[] = []
  const figures = []
  let stored = 0
  for (const count of counts) {
    cookies.push(...(await filler.fill(stored, count)))
    stored = count
    process.stderr.write('.')
    const bytes = ((await fetchUsedMemory(redis)) - emptyBytes) / count
    const hashBytes = await meanMemory(redis, spread(cookies, 1000).map(nameOf))
    const valetkey = await startBundledValetkey(parts, { redis: server, session })
    const cold = await measureCold(redis, valetkey, cookies.map(cookieHeader))
    await valetkey.stop()
    const measure = () =>
      measureInventory({ redisUrl: server.url, keyRing, issuer, times, stored: count })
    // The first time, code that runs for the first time is slow.
    if (figures.length === 0) await measure()
    figures.push({ count, bytes, hashBytes, ...cold, ...(await measure()) })
  }
  process.stderr.write('\n')

  const sealedBytes = await redis.hstrlen(nameOf(cookies[0] ?? ''), 'sealed')
  const head = ['', ...counts.map((count) => count.toLocaleString('en')), 'ratio']
  const rows = withRatio(figures, [
    ['bytes in Redis per session', 0, ({ bytes }) => bytes],
    ['… of them the hash', 0, ({ hashBytes }) => hashBytes],
    ['cold request: its command in Redis, µs', 1, ({ redisMicros }) => redisMicros],
    ['cold request: CPU of Redis, µs', 0, ({ redisCpuMicros }) => redisCpuMicros],
    ['cold request: CPU of Valetkey, µs', 0, ({ coldCpuMicros }) => coldCpuMicros],
    ['cold request: median ms', 2, ({ coldMs }) => coldMs],
    ['sessions of a person: median ms', 2, ({ listWhereMs }) => listWhereMs],
    ['logout by sid: median ms', 2, ({ endBySidMs }) => endBySidMs],
    ['logout by sub: median ms', 2, ({ endBySubMs }) => endBySubMs],
    ['first page of all: median ms', 2, ({ firstPageMs }) => firstPageMs],
  ])
  const commands = figures.map((each) => each.commands).join(' / ')
  return `${markdownTable(head, rows)}
A cold request makes ${commands}. A sealed session is ${sealedBytes} bytes. Redis is standalone, without persistence. The ratio is that of the last column to the first.`
}

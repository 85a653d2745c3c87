// Prints what 1,000, 100,000 and 1,000,000 sessions in a real Redis cost: memory there, cold requests, finding
// and ending sessions without their tickets, and the memory of a process whose cache is at its bound. Other
// numbers of sessions may be given as arguments. A million need 6 GB and some minutes.
import { createRedisKeys } from '../../src/redis/redis-keys.js'
import { createKeyRing, createSessionKey } from '../../src/session/key-ring.js'
import { parseTicket } from '../../src/session/ticket.js'
import { startProvider } from '../helpers/provider.js'
import { startRedis } from '../helpers/redis-server.js'
import { measureCache } from './million/cache-memory.js'
import {
  type ProcessOptions,
  startMeasured,
  startSmallApplication,
} from './million/cold-process.js'
import { createFiller } from './million/fill.js'
import { measureCold } from './million/cold-request.js'
import { measureInventory } from './million/inventory.js'
import { fetchUsedMemory, fetchVersion, meanMemory } from './harness/redis-figures.js'
import { byRow, printTable, withRatio } from './harness/table.js'
import { spread } from './harness/timing.js'

const counts = process.argv.slice(2).map(Number)
if (counts.length === 0) counts.push(1000, 100_000, 1_000_000)
const most = counts.at(-1) ?? 0
const cacheBytes = 32 * 2 ** 20
const keptCookies = 40_000
const hourMs = 3_600_000
const times = {
  inactivityTimeoutMs: 8 * hourMs,
  lifetimeMs: 24 * hourMs,
  refreshAheadMs: 60_000,
  staleOnStoreErrorMs: 30_000,
}

const provider = await startProvider()
const application = await startSmallApplication()
const server = await startRedis()
const redis = server.client()
const sessionKey = createSessionKey()
const keyRing = createKeyRing([sessionKey])
const keys = createRedisKeys('valetkey:')
const nameOf = (cookie: string) => keys.session(parseTicket(cookie)?.key ?? '')
const options: ProcessOptions = {
  provider,
  redisUrl: server.url,
  upstreamUrl: application.url,
  sessionKey,
  cacheBytes: 0,
}

const filler = createFiller({
  port: server.port,
  keyRing,
  issuer: provider.issuer,
  times,
  oneIn: Math.max(1, Math.floor(most / keptCookies)),
})
await redis.ping()
const emptyBytes = await fetchUsedMemory(redis)
const cookies: string[] = []
const figures = []
let stored = 0
for (const count of counts) {
  const startedAt = performance.now()
  cookies.push(...(await filler.fill(stored, count)))
  stored = count
  const seconds = (performance.now() - startedAt) / 1000
  process.stderr.write(`${count} sessions after ${seconds.toFixed(0)} s\n`)
  const bytes = ((await fetchUsedMemory(redis)) - emptyBytes) / count
  const hashBytes = await meanMemory(redis, spread(cookies, 1000).map(nameOf))
  const valetkey = await startMeasured(options)
  const cold = await measureCold(redis, valetkey, cookies)
  await valetkey.stop()
  const measure = () =>
    measureInventory({
      redisUrl: server.url,
      keyRing,
      issuer: provider.issuer,
      times,
      stored: count,
    })
  // The first time, code that runs for the first time is slow.
  if (figures.length === 0) await measure()
  const inventory = await measure()
  figures.push({ count, bytes, hashBytes, ...cold, ...inventory })
}
await filler.close()

const sealedBytes = await redis.hstrlen(nameOf(cookies[0] ?? ''), 'sealed')
process.stdout.write(
  `A cold request makes ${figures.map(({ commands }) => commands).join(' / ')}\n`,
)
printTable(
  ['', ...counts.map((count) => count.toLocaleString('en')), 'ratio'],
  withRatio(figures, [
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
  ]),
)

const sessionsPerBound = Math.ceil(cacheBytes / (sealedBytes + 2000))
for (const bound of [cacheBytes, 0]) {
  const valetkey = await startMeasured({ ...options, cacheBytes: bound })
  const seen = await measureCache(
    valetkey,
    cookies,
    sessionsPerBound,
    bound === 0 ? [1, 5] : [1, 2, 5, 10],
  )
  await valetkey.stop()
  process.stdout.write(
    `\nCache of ${bound / 2 ** 20} MB, a bound is ${sessionsPerBound} sessions\n`,
  )
  printTable(
    ['bounds passed through', ...seen.map(({ label }) => label)],
    byRow(seen, [
      ['MB resident', ({ residentMb }) => residentMb.toFixed(0)],
      ['MB in the cache', ({ cachedMb }) => cachedMb.toFixed(1)],
      ['sessions in the cache', ({ cachedSessions }) => String(cachedSessions)],
    ]),
  )
}

process.stdout.write(
  `\n${new Date().toISOString().slice(0, 10)}, Node ${process.version}, ` +
    `Redis ${await fetchVersion(redis)}, sealed session ${sealedBytes} bytes\n`,
)
await server.stop()
application.close()
await provider.stop()

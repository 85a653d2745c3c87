import { setTimeout as wait } from 'node:timers/promises'
import { Pool } from 'undici'
import { startRedis } from '../../helpers/redis-server.js'
import { startBundledValetkey } from '../contenders/valetkey.js'
import { startBenchUpstream } from '../harness/bench-upstream.js'
import { cpuDuring } from '../harness/cpu-during.js'
import { startFastProvider } from '../harness/fast-provider.js'
import { meanwhile } from '../harness/meanwhile.js'
import type { Owner } from '../harness/owner.js'
import type { PartOptions } from '../harness/part.js'
import { quantile } from '../harness/statistics.js'
import { nothingToNote, storeSessions } from '../harness/stored-sessions.js'

const withinMs = 1000
const providerDelayMs = 20
const bystanderPauseMs = 5

/** 10,000 people come back within one second, and the access token of each has run out. */
export async function refreshStorm(
  owner: Owner,
  { sessions: [sessions = 10_000] = [] }: PartOptions,
): Promise<string> {
  const provider = await startFastProvider(owner, providerDelayMs)
  const upstream = await startBenchUpstream(owner)
  const redis = await startRedis()
  owner.teardown(() => redis.stop())
  const { issuer } = provider
  const stored = { issuer, activeAgoMs: nothingToNote }
  const [bystander = '', ...warmUp] = await storeSessions(redis, 500, stored)
  const cookies = await storeSessions(redis, sessions, {
    ...stored,
    tokens: { accessTokenExpiresAt: Date.now() },
  })
  const { url, child } = await startBundledValetkey({ owner, upstream, provider }, { redis })
  const pool = new Pool(url, { connections: sessions, connect: { timeout: 60_000 } })
  const other = new Pool(url, { connections: 1 })
  owner.teardown(() => Promise.all([pool.destroy(), other.destroy()]))
  for (const cookie of warmUp) await ask(other, cookie)
  await ask(other, bystander)

  const servedMs: number[] = []
  const meanwhileMs: number[] = []
  const startedAt = performance.now()
  const comeBack = async (cookie: string, at: number) => {
    await wait((at / sessions) * withinMs)
    servedMs.push(await ask(pool, cookie))
  }
  const { cpuMs } = await cpuDuring([child.pid ?? 0], () =>
    meanwhile(Promise.all(cookies.map(comeBack)), async () => {
      meanwhileMs.push(await ask(other, bystander))
      await wait(bystanderPauseMs)
    }),
  )
  const seconds = (performance.now() - startedAt) / 1000
  const calls = await provider.tokenCalls()
  if (calls !== sessions) throw new Error(`${calls} token calls for ${sessions} sessions`)
  return `${sessions.toLocaleString('en')} people come back within a second when the access token of each has run out, before a provider that takes ${providerDelayMs} ms to answer. All are served by the application within ${seconds.toFixed(1)} s, half of them within ${(quantile(servedMs, 0.5) / 1000).toFixed(1)} s of their request, by ${calls.toLocaleString('en')} token calls, one for each. That takes ${((cpuMs[0] ?? Number.NaN) / sessions).toFixed(2)} ms of CPU for each. Meanwhile requests of somebody else take ${quantile(meanwhileMs, 0.5).toFixed(0)} ms (median) and ${quantile(meanwhileMs, 0.99).toFixed(0)} ms (p99 of ${meanwhileMs.length}).`
}

/** How long it took, in milliseconds; throws unless the application has answered. */
async function ask(through: Pool, cookie: string): Promise<number> {
  const startedAt = performance.now()
  const { statusCode, headers, body } = await through.request({
    method: 'GET',
    path: '/small',
    headers: { cookie },
    headersTimeout: 60_000,
  })
  await body.dump()
  if (statusCode === 200) return performance.now() - startedAt
  throw new Error(`answered with ${statusCode} ${String(headers['x-valetkey-answer'])}`)
}

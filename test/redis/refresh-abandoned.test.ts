import t, { type Test } from 'tap'
import type { RefreshOutcome } from '../../src/session/refresher.js'
import type { RefreshReport } from '../../src/session/sessions.js'
import { startFaultyTcp } from '../helpers/faulty-tcp.js'
import { startRedis } from '../helpers/redis-server.js'
import {
  createBarrier,
  createRotatingProvider,
  createTokens,
  identity,
  until,
} from '../session/fixtures.js'
import { load, startReplica } from './replica.js'

const minute = 60_000
const leaseMs = 1000
const redis = await startRedis()
t.teardown(() => redis.stop())
const client = redis.client()

/**
 * Two replicas, of which one is cut off from Redis while the provider works on its call, until its lease
 * has run out. To the other it is as if it were stopped; test/chaos stops it.
 */
async function cutOffInMidCall(t: Test, { validMs = -1, graceMs = leaseMs } = {}) {
  const provider = createRotatingProvider()
  const { refresher } = provider
  const link = await startFaultyTcp(redis.port)
  t.teardown(() => link.close())
  const reports: RefreshReport[] = []
  const events = { onRefresh: (_key: string, report: RefreshReport) => void reports.push(report) }
  const holder = await startReplica(t, { url: link.url, refresher, limits: { leaseMs } })
  const limits = { leaseMs: graceMs }
  const other = await startReplica(t, { url: redis.url, refresher, limits, events })
  const now = Date.now()
  // So old that a refresh is due in any case.
  const tokens = createTokens(now - 10 * minute, 10 * minute + validMs)
  const { live, cookieValue } = await holder.sessions.create({ identity, tokens }, now)
  const answer = createBarrier<RefreshOutcome>()
  provider.plan.answer = () => answer.opened
  const held = holder.sessions.freshen(live, Date.now())
  await until(() => provider.calls.length === 1)
  link.blackHole()
  await until(async () => (await client.exists(`valetkey:lock:{${live.key}}`)) === 0, 20_000)
  const bringTokens = () =>
    answer.open({ kind: 'refreshed', tokens: createTokens(Date.now(), 10 * minute) })
  const freshen = async () => {
    const current = await load(other.sessions, cookieValue)
    return current && other.sessions.freshen(current, Date.now())
  }
  return { provider, link, other, live, cookieValue, held, bringTokens, freshen, reports }
}

t.test('RF-2 what a holder got that was cut off past its lease is used by all', async (t) => {
  const { provider, link, held, bringTokens, freshen, live } = await cutOffInMidCall(t, {
    graceMs: 60_000,
  })
  t.match(await freshen(), { kind: 'unavailable' })
  t.equal(await client.get(`valetkey:asked:{${live.key}}`), '1 refused')
  bringTokens()
  t.match(await held, { kind: 'live' })
  link.pass()
  await until(async () => (await freshen())?.kind !== 'unavailable', 20_000)
  t.match(await freshen(), { kind: 'live', live: { version: 2 } })
  t.equal(provider.calls.length, 2)
})

t.test('RF-3 of a holder that does not return the session ends, unasked', async (t) => {
  const { provider, link, held, bringTokens, other, live, freshen, reports } =
    await cutOffInMidCall(t)
  t.match(await freshen(), { kind: 'unavailable' })
  await until(async () => (await freshen())?.kind !== 'unavailable', 20_000)
  t.equal(reports.at(-1)?.kind, 'ended')
  t.equal(provider.calls.length, 2)
  link.pass()
  bringTokens()
  await held
  t.equal(await other.store.load(live.key), undefined, 'and what comes too late revives nothing')
})

t.test('RF-2 while the access token is valid the other does not ask', async (t) => {
  const { provider, link, bringTokens, held, freshen, reports } = await cutOffInMidCall(t, {
    validMs: 25_000,
  })
  t.match(await freshen(), { kind: 'live', live: { version: 1 } })
  await until(() => reports.length === 1, 20_000)
  t.match(reports, [{ kind: 'unavailable' }])
  t.match(await freshen(), { kind: 'live', live: { version: 1 } })
  t.equal(provider.calls.length, 1)
  link.pass()
  bringTokens()
  await held
  await until(async () => {
    const freshened = await freshen()
    return freshened?.kind === 'live' && freshened.live.version === 2
  }, 20_000)
})

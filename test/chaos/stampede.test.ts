import t from 'tap'
import type { RefreshOutcome } from '../../src/session/refresher.js'
import { refreshAt } from '../../src/session/session-lifetime.js'
import { holdSession } from '../../src/session/hold-session.js'
import type { LiveSession } from '../../src/session/sessions.js'
import { createTicket } from '../../src/session/ticket.js'
import { startRedis } from '../helpers/redis-server.js'
import { startReplica } from '../redis/replica.js'
import {
  createRotatingProvider,
  createSession,
  createTokens,
  identity,
  until,
} from '../session/fixtures.js'
import { setUpReplicas } from '../session/replicas.js'

t.setTimeout(180_000)

const maxConcurrent = 64
const hour = 3_600_000

/** Counts how many calls run at a time at a provider that is not quick, so that they pile up if they can. */
function answerSlowly(now: () => number) {
  const seen = { running: 0, most: 0 }
  const answer = async (): Promise<RefreshOutcome> => {
    seen.most = Math.max(seen.most, ++seen.running)
    await new Promise((resolve) => setTimeout(resolve, 10))
    seen.running--
    return { kind: 'refreshed', tokens: createTokens(now(), hour) }
  }
  return { seen, answer }
}

t.test('ten thousand sessions expire in one second on two replicas: no stampede', async (t) => {
  const count = 10_000
  const { here, there, time, provider } = setUpReplicas(t, { limits: { requestWaitMs: 120_000 } })
  const { seen, answer } = answerSlowly(() => time.now)
  provider.plan.answer = answer
  const signedIn = await Promise.all(
    Array.from({ length: count }, (_, index) =>
      here.create({ identity, tokens: createTokens(time.now, 60_000 + index / 10) }, time.now),
    ),
  )
  time.now += 61_000
  const outcomes = await Promise.all(
    signedIn.flatMap(({ live }) => [here.freshen(live, time.now), there.freshen(live, time.now)]),
  )
  t.comment(`at most ${seen.most} calls at a time`)
  t.strictSame([...new Set(outcomes.map(({ kind }) => kind))], ['live'])
  t.equal(provider.calls.length, count, 'one call for each session')
  t.strictSame(provider.reused, [])
  t.ok(seen.most <= 2 * maxConcurrent)
})

t.test('two thousand on Redis: no stampede', async (t) => {
  const count = 2000
  const redis = await startRedis()
  t.teardown(() => redis.stop())
  const { seen, answer } = answerSlowly(Date.now)
  const { calls, reused, refresher } = createRotatingProvider(answer)
  const patient = { requestWaitMs: 120_000, waitForOtherMs: 120_000 }
  const options = { url: redis.url, refresher, limits: patient, commandTimeoutMs: 30_000 }
  const [here, there] = [await startReplica(t, options), await startReplica(t, options)]
  const now = Date.now()
  const signedIn: LiveSession[] = []
  while (signedIn.length < count) {
    const batch = Array.from({ length: 100 }, async (_, index) => {
      // Their last second has just passed.
      const tokens = createTokens(now - hour, hour - (signedIn.length + index) / 10)
      return (await here.sessions.create({ identity, tokens }, now)).live
    })
    signedIn.push(...(await Promise.all(batch)))
  }
  const startedAt = Date.now()
  const outcomes = await Promise.all(
    signedIn.flatMap((live) => [
      here.sessions.freshen(live, startedAt),
      there.sessions.freshen(live, startedAt),
    ]),
  )
  t.comment(`at most ${seen.most} calls at a time, ${Date.now() - startedAt} ms in all`)
  t.strictSame([...new Set(outcomes.map(({ kind }) => kind))], ['live'])
  t.equal(calls.length, count, 'one call for each session')
  t.strictSame(reused, [])
  t.ok(seen.most <= 2 * maxConcurrent)
  const client = redis.client()
  for (const left of ['valetkey:lock:*', 'valetkey:asked:*']) {
    await until(async () => (await client.keys(left)).length === 0, 20_000)
  }
})

t.test('sessions that began together are due for a refresh apart', async (t) => {
  const now = 1_800_000_000_000
  const session = holdSession(createSession(now, { tokens: createTokens(now, hour) }))
  // Between a minute and half a minute before the expiry, counted by tenths of that half minute.
  const tenths = Array.from({ length: 10 }, () => 0)
  for (let index = 0; index < 10_000; index++) {
    const dueAt = refreshAt(session, createTicket().key, 60_000)
    const tenth = Math.min(9, Math.floor((dueAt - (now + hour - 60_000)) / 3000))
    tenths[tenth] = (tenths[tenth] ?? 0) + 1
  }
  t.comment(tenths.join(' '))
  t.ok(
    tenths.every((each) => each > 800 && each < 1200),
    'evenly spread',
  )
})

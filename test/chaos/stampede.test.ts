import t from 'tap'
import { refreshAt } from '../../src/session/session-lifetime.js'
import { createTicket } from '../../src/session/ticket.js'
import { createSession, createTokens, identity } from '../session/fixtures.js'
import { setUpReplicas } from '../session/replicas.js'

t.setTimeout(180_000)

const maxConcurrent = 64
const hour = 3_600_000

t.test('ten thousand sessions expire in one second on two replicas: no stampede', async (t) => {
  const count = 10_000
  const { here, there, time, provider } = setUpReplicas(t, { limits: { requestWaitMs: 120_000 } })
  let running = 0
  let most = 0
  // Not quick, so that calls pile up if anything lets them.
  provider.plan.answer = async () => {
    most = Math.max(most, ++running)
    await new Promise((resolve) => setTimeout(resolve, 10))
    running--
    return { kind: 'refreshed', tokens: createTokens(time.now, hour) }
  }
  const signedIn = await Promise.all(
    Array.from({ length: count }, (_, index) =>
      here.create({ identity, tokens: createTokens(time.now, 60_000 + index / 10) }, time.now),
    ),
  )
  time.now += 61_000
  const outcomes = await Promise.all(
    signedIn.flatMap(({ live }) => [here.freshen(live, time.now), there.freshen(live, time.now)]),
  )
  t.comment(`at most ${most} calls at a time`)
  t.strictSame([...new Set(outcomes.map(({ kind }) => kind))], ['live'])
  t.equal(provider.calls.length, count, 'one call for each session')
  t.strictSame(provider.reused, [])
  t.ok(most <= 2 * maxConcurrent)
})

t.test('sessions that began together are due for a refresh apart', async (t) => {
  const now = 1_800_000_000_000
  const session = createSession(now, { tokens: createTokens(now, hour) })
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

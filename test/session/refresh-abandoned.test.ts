import t from 'tap'
import type { RefreshOutcome } from '../../src/session/refresher.js'
import type { LiveSession, Sessions } from '../../src/session/sessions.js'
import type { TestSessionsOptions } from './fixtures.js'
import { createBarrier, until } from './fixtures.js'
import { extend, hour, isDone, setUpReplicas, tokenLifetimeMs } from './replicas.js'

const pastLeaseMs = 20_000
const graceMs = 10_000
const refused: RefreshOutcome = { kind: 'rejected', reason: 'invalid_grant' }
const away: RefreshOutcome = { kind: 'unavailable', reason: '503' }

/**
 * Two replicas, of which one asked the provider and was then stopped past its lease. The provider
 * refuses what was used once, until it is told to `forget`.
 */
async function setUpAbandoned(
  t: Parameters<typeof setUpReplicas>[0],
  { at = 'expired', ...options }: TestSessionsOptions & { at?: 'expired' | 'due' } = {},
) {
  const replicas = setUpReplicas(t, options)
  const { time, signIn, provider, issue, there, here, load } = replicas
  const { live, cookieValue } = await signIn(at === 'due' ? hour : tokenLifetimeMs)
  time.now = at === 'due' ? live.refreshAt : time.now + tokenLifetimeMs
  const answer = createBarrier<RefreshOutcome>()
  provider.plan.answer = () => answer.opened
  const holder = there.freshen(live, time.now)
  await until(() => provider.calls.length === 1)
  time.now += pastLeaseMs
  provider.plan.answer = issue
  const take = async () => here.freshen(await load(here, cookieValue), time.now)
  const isGone = async (sessions: Sessions) =>
    (await sessions.load(cookieValue, time.now, extend)) === undefined
  return { ...replicas, live, cookieValue, holder, answer, take, isGone }
}

const versionOf = ({ version }: LiveSession) => version

t.test('RF-2 refused after a holder that vanished: its tokens are waited for', async (t) => {
  const { here, time, provider, issue, holder, answer, take, load, cookieValue } =
    await setUpAbandoned(t)
  t.strictSame(await take(), { kind: 'unavailable', retryAfterMs: 1000 })
  time.now += 1000
  t.strictSame(await take(), { kind: 'unavailable', retryAfterMs: 1000 })
  t.equal(provider.calls.length, 2, 'one call more, and nobody asks again')
  answer.open(issue())
  t.match(await holder, { kind: 'live', live: { version: 2 } })
  t.match(await take(), { kind: 'live', live: { version: 2 } })
  time.now += tokenLifetimeMs
  t.match(await take(), { kind: 'live', live: { version: 3 } }, 'and all is as ever')
  t.equal(versionOf(await load(here, cookieValue)), 3)
})

t.test('RF-3 refused, and the holder does not return: ended after a lease, unasked', async (t) => {
  const { there, here, time, provider, issue, holder, answer, take, isGone } =
    await setUpAbandoned(t)
  t.match(await take(), { kind: 'unavailable' })
  time.now += graceMs - 1
  t.match(await take(), { kind: 'unavailable', retryAfterMs: 1 })
  time.now += 1
  t.match(await take(), { kind: 'ended' })
  t.equal(provider.calls.length, 2)
  answer.open(issue())
  t.match(await holder, { kind: 'ended' }, 'too late')
  t.ok((await isGone(here)) && (await isGone(there)))
})

t.test('RF-2 while the access token is valid nobody asks after a holder', async (t) => {
  const { time, live, provider, issue, take, results, answer } = await setUpAbandoned(t, {
    at: 'due',
  })
  t.match(await take(), { kind: 'live', live: { version: 1 } })
  await isDone(results)
  t.match(results, [{ kind: 'unavailable' }])
  t.match(await take(), { kind: 'live' })
  t.equal(provider.calls.length, 1)
  time.now = live.session.tokens.accessTokenExpiresAt - 1
  t.match(await take(), { kind: 'live' })
  t.equal(results.length, 1, 'nor looks again and again')
  provider.forget()
  time.now++
  t.match(await take(), { kind: 'live', live: { version: 2 } }, 'then it asks, without delay')
  t.equal(provider.calls.length, 2)
  answer.open(issue())
})

t.test('RF-2 a holder that returns refused ends nothing that the next one may get', async (t) => {
  const { here, there, provider, issue, holder, answer, take, isGone } = await setUpAbandoned(t)
  const late = createBarrier<RefreshOutcome>()
  provider.plan.answer = () => late.opened
  provider.forget()
  const taking = take()
  await until(() => provider.calls.length === 2)
  answer.open(refused)
  t.match(await holder, { kind: 'unavailable' })
  t.notOk(await isGone(there))
  late.open(issue())
  t.match(await taking, { kind: 'live', live: { version: 2 } })
  t.notOk(await isGone(here))
})

t.test('RF-3 both are refused: the session ends after the grace', async (t) => {
  const { time, provider, holder, answer, take } = await setUpAbandoned(t)
  t.match(await take(), { kind: 'unavailable' })
  time.now += 5000
  answer.open(refused)
  t.match(await holder, { kind: 'unavailable' })
  time.now += graceMs - 5000
  t.match(await take(), { kind: 'ended' }, 'the grace began with the first refusal')
  t.equal(provider.calls.length, 2)
})

t.test('RF-2 a failure in between does not make a holder forgotten', async (t) => {
  const { time, provider, issue, holder, answer, take } = await setUpAbandoned(t)
  provider.forget()
  provider.plan.answer = () => away
  t.match(await take(), { kind: 'unavailable' })
  time.now += 1000
  provider.plan.answer = () => refused
  t.match(await take(), { kind: 'unavailable' })
  answer.open(issue())
  t.match(await holder, { kind: 'live', live: { version: 2 } })
})

t.test('RF-3 a holder that returned with nothing leaves all as it was', async (t) => {
  const { provider, holder, answer, take } = await setUpAbandoned(t)
  answer.open(away)
  t.match(await holder, { kind: 'unavailable' })
  provider.plan.answer = () => refused
  t.match(await take(), { kind: 'ended', reason: 'invalid_grant' }, 'a refusal ends at once')
})

t.test('RF-7 a logout while a holder is away stays a logout', async (t) => {
  const { here, issue, live, holder, answer, take, isGone } = await setUpAbandoned(t)
  t.match(await take(), { kind: 'unavailable' })
  await here.destroy(live)
  answer.open(issue())
  t.match(await holder, { kind: 'ended' })
  t.ok(await isGone(here))
})

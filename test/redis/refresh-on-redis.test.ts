import { EventEmitter, once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import type { Refresher, RefreshOutcome } from '../../src/session/refresher.js'
import type { Sessions } from '../../src/session/sessions.js'
import { type FaultyTcp, startFaultyTcp } from '../helpers/faulty-tcp.js'
import { startRedis } from '../helpers/redis-server.js'
import {
  createBarrier,
  createRotatingProvider,
  createTokens,
  identity,
  recordIn,
  until,
} from '../session/fixtures.js'
import { load, signIn, startReplica } from './replica.js'

const minute = 60_000
const redis = await startRedis()
t.teardown(() => redis.stop())

t.test('RF-1 B16-23 200 requests at expiry on two replicas make one token call', async (t) => {
  for (let round = 0; round < 10; round++) {
    const provider = createRotatingProvider()
    const { refresher } = provider
    const one = await startReplica(t, { url: redis.url, refresher })
    const other = await startReplica(t, { url: redis.url, refresher })
    const { cookieValue } = await signIn(one.sessions, -1)
    const freshen = async ({ sessions }: { sessions: Sessions }) => {
      const live = await load(sessions, cookieValue)
      return live && sessions.freshen(live, Date.now())
    }
    const requests = Array.from({ length: 200 }, (_, i) => freshen(i % 2 ? one : other))
    const tokens = (await Promise.all(requests)).map(
      (each) => each?.kind === 'live' && each.live.session.tokens.accessToken,
    )
    t.equal(provider.calls.length, 1)
    t.equal(new Set(tokens).size, 1)
    t.type(tokens[0], 'string')
  }
})

t.test('RF-2 the lock of a process that died runs out', async (t) => {
  const provider = createRotatingProvider()
  const replica = await startReplica(t, { url: redis.url, refresher: provider.refresher })
  const { sessions } = replica
  const { live } = await signIn(sessions, -1)
  await redis.client().set(`valetkey:lock:{${live.key}}`, 'a dead owner', 'PX', 700)
  t.match(await sessions.freshen(live, Date.now()), { kind: 'live', live: { version: 2 } })
  t.equal(provider.calls.length, 1)
})

async function answerSoon(): Promise<RefreshOutcome> {
  await sleep(Math.random() * 4)
  return { kind: 'refreshed', tokens: createTokens(Date.now(), 60_000) }
}

t.test('RF-7 500 logouts during a refresh on another replica: none is undone', async (t) => {
  const provider = createRotatingProvider(answerSoon)
  const asked = new EventEmitter()
  const refresher: Refresher = (session, now) => {
    asked.emit(session.tokens.accessToken)
    return provider.refresher(session, now)
  }
  const [here, there] = [
    await startReplica(t, { url: redis.url, refresher }),
    await startReplica(t, { url: redis.url, refresher }),
  ]
  let resurrected = 0
  const outcomes = new Map<string, number>()
  async function playRound() {
    const { cookieValue, live } = await signIn(here.sessions, -1)
    const isAsked = once(asked, live.session.tokens.accessToken)
    const refreshing = here.sessions.freshen(live, Date.now())
    await isAsked
    await sleep(Math.random() * 8)
    await there.sessions.destroy(live)
    const { kind } = await refreshing
    outcomes.set(kind, (outcomes.get(kind) ?? 0) + 1)
    for (const { sessions } of [here, there]) {
      const found = await there.store.load(live.key)
      if (found !== undefined || (await load(sessions, cookieValue)) !== undefined) resurrected++
    }
  }
  for (let batch = 0; batch < 50; batch++) await Promise.all(Array.from({ length: 10 }, playRound))
  t.equal(resurrected, 0)
  t.comment(JSON.stringify(Object.fromEntries(outcomes)))
  t.ok(
    outcomes.get('ended') && outcomes.get('live'),
    'it came before the end of some, after others',
  )
})

async function startBehindLink(t: Test, provider: ReturnType<typeof createRotatingProvider>) {
  const link: FaultyTcp = await startFaultyTcp(redis.port)
  t.teardown(() => link.close())
  const { refresher } = provider
  const here = await startReplica(t, { url: link.url, refresher })
  const there = await startReplica(t, { url: redis.url, refresher })
  return { link, here, there }
}

t.test('the link breaking after the provider rotated loses no tokens', async (t) => {
  for (const fault of ['loseAnswers', 'blackHole', 'reset'] as const) {
    const provider = createRotatingProvider()
    const { link, here, there } = await startBehindLink(t, provider)
    const { cookieValue, live } = await signIn(here.sessions, -1)
    const answered = createBarrier<RefreshOutcome>()
    provider.plan.answer = () => answered.opened
    const freshened = here.sessions.freshen(live, Date.now())
    await until(() => provider.calls.length === 1)
    link[fault]()
    answered.open({ kind: 'refreshed', tokens: createTokens(Date.now(), 60_000) })
    const mine = await freshened
    t.equal(mine.kind, 'live', fault)
    link.pass()
    await until(async () => (await load(there.sessions, cookieValue))?.version === 2)
    const theirs = await load(there.sessions, cookieValue)
    t.equal(
      theirs?.session.tokens.accessToken,
      mine.kind === 'live' && mine.live.session.tokens.accessToken,
    )
    t.equal(provider.calls.length, 1)
  }
})

t.test('BCP-6 a leaked Redis reveals no token, claim, subject or ticket', async (t) => {
  const server = await startRedis()
  t.teardown(() => server.stop())
  const provider = createRotatingProvider()
  const replica = await startReplica(t, {
    url: server.url,
    refresher: provider.refresher,
  })
  const { sessions, store } = replica
  const { live, cookieValue } = await signIn(sessions, -1)
  const first = (await recordIn(store, live)).tokens
  await sessions.freshen(live, Date.now())
  const second = (await recordIn(store, live)).tokens
  await sessions.create(
    { identity, tokens: createTokens(Date.now(), minute), client: { address: '192.0.2.7' } },
    Date.now(),
  )
  await sessions.endWhere({ issuer: identity.issuer, sid: 'ended-sid' })
  await store.consumeOnce('the-state-of-a-login', Date.now() + minute)
  const client = server.client()
  const names = await client.keys('*')
  const held: Buffer[] = [Buffer.from(names.join('\n'))]
  for (const name of names) {
    const type = await client.type(name)
    if (type === 'hash') held.push(...Object.values(await client.hgetallBuffer(name)))
    else if (type === 'zset') held.push(...(await client.zrangeBuffer(name, '0', '-1')))
    else held.push((await client.getBuffer(name)) ?? Buffer.alloc(0))
  }
  const isHeld = (needle: string | Buffer) => held.some((part) => part.includes(needle))
  t.ok(isHeld(live.key), 'the search finds what is there')
  const tokens = [first, second].map(({ accessToken, refreshToken, idToken }) => [
    accessToken,
    refreshToken ?? t.fail(),
    idToken,
  ])
  const secrets = new Set([
    ...tokens.flat(),
    identity.sub,
    identity.sid,
    identity.issuer,
    'alice@example.com',
    '192.0.2.7',
    'ended-sid',
    'staff',
    cookieValue,
    live.ticket.id,
    live.ticket.secret,
    'the-state-of-a-login',
  ])
  for (const secret of Array.from(secrets, String)) {
    for (const encoding of ['utf8', 'base64', 'base64url', 'hex'] as const) {
      const encoded = Buffer.from(secret).toString(encoding).replace(/=+$/, '')
      t.notOk(isHeld(encoded), `${encoding} ${secret}`)
    }
  }
  t.notOk(isHeld(Buffer.from(live.ticket.secret, 'base64url')))
  t.notOk(isHeld(Buffer.from(live.ticket.id, 'base64url')))
})

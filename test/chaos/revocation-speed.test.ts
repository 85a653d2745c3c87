import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { Agent } from 'undici'
import { createKeyRing } from '../../src/session/key-ring.js'
import { startFleet } from '../helpers/fleet.js'
import { openStream, openWebSocket } from '../helpers/live-parts.js'
import { ask, served } from '../helpers/load.js'
import { logoutTokenOf } from '../helpers/logout-tokens.js'
import { startRedis } from '../helpers/redis-server.js'
import { sessionKey } from '../helpers/stack.js'
import { type ValetkeyProcess } from '../helpers/valetkey.js'
import { startReplica } from '../redis/replica.js'
import { createTokens, identity, until } from '../session/fixtures.js'

t.setTimeout(180_000)

/** Revoked means revoked within one second on every replica. */
const promisedMs = 1000
const rounds = 200
const roundsAtOnce = 2
/** So much later than it was so may a refusal be seen. */
const pollMs = 40
const token = 'operator-token-of-the-tests'
const hour = 3_600_000

const redis = await startRedis()
t.teardown(() => redis.stop())
const fleet = await startFleet(t, {
  redis,
  config: { admin: { listen: '127.0.0.1:0', token }, log: { level: 'info' } },
})
const { provider } = fleet
const processes = fleet.members.map(({ valetkey }) => valetkey)
const processAt = (index: number) => processes[index % processes.length] ?? missing()
const observer = redis.client()
const dispatcher = new Agent()
t.teardown(() => dispatcher.destroy())

/** Somebody with one session, and what it is known by. */
interface Person {
  readonly cookie: string
  readonly id: string
  readonly sid: string
  readonly sub: string
}

/** One process more, here, which signs hundreds of people in without going through any pages. */
const { sessions } = await startReplica(t, {
  url: redis.url,
  keyRing: createKeyRing([sessionKey]),
})

async function signIn(name: string): Promise<Person> {
  const { issuer } = provider
  const [sid, sub] = [`sid-of-${name}`, `sub-of-${name}`]
  const person = { ...identity, issuer, sid, sub, claims: { sub } }
  const now = Date.now()
  const signedIn = { identity: person, tokens: createTokens(now, hour) }
  const { cookieValue, live } = await sessions.create(signedIn, now)
  return { cookie: `valetkey=${cookieValue}`, id: live.key, sid, sub }
}

const askAt = async ({ url }: ValetkeyProcess, { cookie }: Person) =>
  (await ask(`${url}/work`, cookie, dispatcher)).name

const headers = { authorization: `Bearer ${token}` }
const logOut = ({ url }: ValetkeyProcess, claims: Record<string, unknown>) =>
  fetch(`${url}/oauth2/backchannel-logout`, {
    method: 'POST',
    body: new URLSearchParams({ logout_token: logoutTokenOf(provider, claims) }),
  })

/** The ways to end a session from outside; each takes the process that is asked to. */
const endings: readonly ((at: ValetkeyProcess, person: Person) => Promise<Response>)[] = [
  ({ adminUrl }, { id }) => fetch(`${adminUrl}/sessions/${id}`, { method: 'DELETE', headers }),
  ({ adminUrl }, { sub }) =>
    fetch(`${adminUrl}/sessions?sub=${sub}`, { method: 'DELETE', headers }),
  (at, { sid }) => logOut(at, { sid }),
  (at, { sub }) => logOut(at, { sub }),
]

/** Has everybody in the cache of every process, and something open at two that the rounds take in turns. */
async function open(t: Test, person: Person, round: number) {
  for (const each of processes) {
    const name = await askAt(each, person)
    if (name !== served) throw new Error(`${name} before the session was ended`)
  }
  const place = round + Math.floor(round / (processes.length * endings.length))
  const { webSocketClosed } = await openWebSocket(t, processAt(place).url, person.cookie)
  const { streamEnded } = await openStream(t, processAt(place + 1).url, person.cookie)
  return { person, round, webSocketClosed, streamEnded }
}

type Opened = Awaited<ReturnType<typeof open>>

/** How long a session was good for anything anywhere, from the call on, and what it all ended with. */
interface Ended {
  readonly tookMs: number
  readonly answers: readonly unknown[]
}

async function end({ person, round, ...live }: Opened): Promise<Ended> {
  const startedAt = performance.now()
  async function untilRefused(each: ValetkeyProcess) {
    while ((await askAt(each, person)) === served) await sleep(pollMs)
  }
  const way = Math.floor(round / processes.length) % endings.length
  const ended = endings[way]?.(processAt(round), person)
  const closed = Promise.all([live.webSocketClosed, live.streamEnded])
  await Promise.all([closed, ...processes.map(untilRefused)])
  const tookMs = performance.now() - startedAt
  const after = await Promise.all(processes.map((each) => askAt(each, person)))
  const [code, stream] = await closed
  const isWhole = stream.endsWith('\r\n0\r\n\r\n')
  return { tookMs, answers: [(await ended)?.ok, code, isWhole, ...after] }
}

const rightAnswers = [true, 1008, true, ...processes.map(() => '302 LOGIN_REQUIRED')]

function holdToPromise(t: Test, ended: readonly Ended[]): void {
  const times = ended.map(({ tookMs }) => tookMs).toSorted((one, other) => one - other)
  const percentile = (share: number) => Math.round(times[Math.ceil(share * times.length) - 1] ?? 0)
  const [p50, p99, max] = [percentile(0.5), percentile(0.99), percentile(1)]
  t.comment(`${times.length} rounds: p50 ${p50} ms, p99 ${p99} ms, max ${max} ms`)
  t.strictSame(
    new Set(ended.map(({ answers }) => String(answers))),
    new Set([String(rightAnswers)]),
  )
  t.ok(p99 < promisedMs)
}

t.test('ended by a call to one process, over within a second at all of them', async (t) => {
  const ended: Ended[] = []
  async function playRounds(first: number) {
    for (let round = first; round < rounds; round += roundsAtOnce) {
      const person = await signIn(`person-${round}`)
      ended.push(await end(await open(t, person, round)))
    }
  }
  await Promise.all(Array.from({ length: roundsAtOnce }, (_, first) => playRounds(first)))
  t.equal(ended.length, rounds)
  holdToPromise(t, ended)
})

async function reads(): Promise<string | undefined> {
  return /cmdstat_hmget:calls=(\d+)/.exec(await observer.info('commandstats'))?.[1]
}

/** Asks for everybody everywhere until all are served without a read: then each process is certain. */
async function warmUp(people: readonly Person[]): Promise<void> {
  await until(async () => {
    const before = await reads()
    const asking = processes.flatMap((each) => people.map((person) => askAt(each, person)))
    const names = await Promise.all(asking)
    return names.every((name) => name === served) && (await reads()) === before
  }, 30_000)
}

t.test('also from the moment on when no process hears of changes any more', async (t) => {
  const ended: Ended[] = []
  for (const batch of [0, 1]) {
    const names = Array.from({ length: 10 }, (_, index) => `deaf-${batch}-${index}`)
    const people = await Promise.all(names.map(signIn))
    await warmUp(people)
    const opened = await Promise.all(people.map((person, index) => open(t, person, index)))
    for (const { link } of fleet.members) link?.blackHole('TRACKING')
    // From when everything has just been certain to when nothing is any more.
    const ending = opened.map(async (each, index) => {
      await sleep(index * 70)
      return end(each)
    })
    ended.push(...(await Promise.all(ending)))
    for (const { link } of fleet.members) {
      link?.pass()
      link?.reset()
    }
  }
  t.equal(ended.length, 20)
  holdToPromise(t, ended)
})

function missing(): never {
  throw new Error('no such process')
}

import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { StoreUnavailableError } from '../../src/session/session-store.js'
import type { Sessions } from '../../src/session/sessions.js'
import { startFaultyTcp } from '../helpers/faulty-tcp.js'
import { type RedisServer, startRedis } from '../helpers/redis-server.js'
import { until } from '../session/fixtures.js'
import { load, signIn, startReplica, warmUp } from './replica.js'

const redis = await startRedis()
t.teardown(() => redis.stop())

/** How often each command ran on the server, without heartbeats and the counting itself. */
async function countCommands(server: RedisServer, run: () => Promise<unknown>) {
  const client = server.client()
  await client.config('RESETSTAT')
  await run()
  const stats = await client.info('commandstats')
  const counts = Array.from(stats.matchAll(/cmdstat_(\S+?):calls=(\d+)/g), ([, name, calls]) => [
    name ?? '',
    Number(calls),
  ])
  const counted = Object.fromEntries(counts)
  for (const own of ['ping', 'config|resetstat', 'info']) delete counted[own]
  return counted
}

t.test('a warm request runs no command on the server, a cold one exactly one', async (t) => {
  const one = await startReplica(t, { url: redis.url })
  const other = await startReplica(t, { url: redis.url })
  const { cookieValue } = await signIn(one.sessions)
  let warm: Record<string, number> = {}
  await until(async () => {
    await warmUp(one, cookieValue)
    let isCertain = true
    warm = await countCommands(redis, async () => {
      for (let i = 0; i < 500; i++) {
        isCertain &&= one.store.changes.certainty() !== undefined
        t.ok(await load(one.sessions, cookieValue))
      }
    })
    // On a machine so busy that heartbeats come late the cache asks, as it should: then count anew.
    return isCertain
  })
  t.strictSame(warm, {})
  const cold = await countCommands(redis, async () => {
    const loads = Array.from({ length: 50 }, () => load(other.sessions, cookieValue))
    await Promise.all(loads)
  })
  t.strictSame(cold, { hmget: 1 })
})

t.test('a session that is deleted, expired or overwritten by whatever client ends', async (t) => {
  const one = await startReplica(t, { url: redis.url })
  const replicas = [one, await startReplica(t, { url: redis.url })]
  const client = redis.client()
  const meddling: Record<string, (name: string) => Promise<unknown>> = {
    deleted: (name) => client.del(name),
    unlinked: (name) => client.unlink(name),
    expired: (name) => client.pexpire(name, 1),
    overwritten: (name) => client.set(name, 'x'),
    garbled: (name) => client.hset(name, 'sealed', 'x'),
    renamed: (name) => client.rename(name, `${name}-old`),
    flushed: () => client.flushall(),
  }
  for (const [what, meddle] of Object.entries(meddling)) {
    const { cookieValue, live } = await signIn(one.sessions)
    for (const replica of replicas) await warmUp(replica, cookieValue)
    await meddle(`valetkey:session:{${live.key}}`)
    for (const { sessions } of replicas) {
      await until(async () => (await load(sessions, cookieValue)) === undefined)
      t.equal(sessions.loadCached(cookieValue, Date.now()), undefined, what)
    }
  }
})

t.test('a logout on one replica ends the session on the other', async (t) => {
  const [here, there] = [
    await startReplica(t, { url: redis.url }),
    await startReplica(t, { url: redis.url }),
  ]
  for (let round = 0; round < 20; round++) {
    const { cookieValue, live } = await signIn(here.sessions)
    await warmUp(there, cookieValue)
    await here.sessions.destroy(live)
    t.equal(await load(here.sessions, cookieValue), undefined)
    await until(() => there.sessions.loadCached(cookieValue, Date.now()) === undefined)
    t.equal(await load(there.sessions, cookieValue), undefined)
  }
})

t.test('what changes while the reporting connection is cut is not missed', async (t) => {
  const replica = await startReplica(t, { url: redis.url })
  const { sessions, store } = replica
  const client = redis.client()
  for (let round = 0; round < 20; round++) {
    const { cookieValue, live } = await signIn(sessions)
    await warmUp(replica, cookieValue)
    const generation = store.changes.certainty()?.generation
    const cut = client.call('CLIENT', 'KILL', 'TYPE', 'pubsub')
    await Promise.all([cut, client.del(`valetkey:session:{${live.key}}`)])
    await until(async () => (await load(sessions, cookieValue)) === undefined)
    await until(() => (store.changes.certainty()?.generation ?? -1) > (generation ?? 0))
    t.equal(await load(sessions, cookieValue), undefined)
  }
})

t.test('B16-22 cutting every connection forces no sign-in', async (t) => {
  const replica = await startReplica(t, { url: redis.url })
  const { sessions } = replica
  const client = redis.client()
  const { cookieValue } = await signIn(sessions)
  await warmUp(replica, cookieValue)
  for (let round = 0; round < 20; round++) {
    await client.call('CLIENT', 'KILL', 'TYPE', 'pubsub')
    await client.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')
    for (let i = 0; i < 5; i++) {
      t.ok(await load(sessions, cookieValue))
      await sleep(5)
    }
  }
})

async function request(sessions: Sessions, cookieValue: string) {
  try {
    return (await load(sessions, cookieValue)) === undefined ? 'absent' : 'served'
  } catch (error) {
    if (error instanceof StoreUnavailableError) return 'unavailable'
    throw error
  }
}

/** Sends requests one after the other until `stop` is called, and says how they were answered. */
function sendRequests(sessions: Sessions, cookieValue: string) {
  const answers = { served: 0, unavailable: 0, absent: 0 }
  const stopping = new AbortController()
  async function run() {
    while (!stopping.signal.aborted) {
      answers[await request(sessions, cookieValue)]++
      await sleep(2)
    }
  }
  const running = run()
  return {
    answers,
    async stop() {
      stopping.abort()
      await running
      return answers
    },
  }
}

t.test('Redis restarted under two replicas: served or unavailable, never signed out', async (t) => {
  const server = await startRedis({ args: ['--appendonly', 'yes', '--appendfsync', 'always'] })
  t.teardown(() => server.stop())
  const options = { url: server.url, staleOnStoreErrorMs: 300 }
  const one = await startReplica(t, options)
  const replicas = [one, await startReplica(t, options)]
  const { cookieValue } = await signIn(one.sessions)
  for (const replica of replicas) await warmUp(replica, cookieValue)
  const loads = replicas.map(({ sessions }) => sendRequests(sessions, cookieValue))

  await server.kill()
  await until(() => loads.every(({ answers }) => answers.unavailable > 0))
  for (const { answers } of loads) t.ok(answers.served > 0)
  await server.restart()
  const served = loads.map(({ answers }) => answers.served)
  await until(() => loads.every(({ answers }, i) => answers.served > (served[i] ?? 0)))
  await until(() => replicas.every(({ store }) => store.changes.certainty() !== undefined))
  for (const each of loads) t.equal((await each.stop()).absent, 0)
})

t.test(
  'a black hole: certainty lapses, cached sessions live on for so long, then all heals',
  async (t) => {
    const link = await startFaultyTcp(redis.port)
    t.teardown(() => link.close())
    const replica = await startReplica(t, { url: link.url, staleOnStoreErrorMs: 2500 })
    const { sessions, store } = replica
    const { cookieValue } = await signIn(sessions)
    await warmUp(replica, cookieValue)
    link.blackHole()
    await until(() => store.changes.certainty() === undefined)
    t.ok(await load(sessions, cookieValue), 'still honoured')
    await until(() =>
      load(sessions, cookieValue).then(
        () => false,
        () => true,
      ),
    )
    link.pass()
    await until(() => load(sessions, cookieValue).then(Boolean, () => false))
    await until(() => store.changes.certainty() !== undefined)
  },
)

t.test('revoked behind a black hole: refused as soon as certainty lapses', async (t) => {
  const link = await startFaultyTcp(redis.port)
  t.teardown(() => link.close())
  const here = await startReplica(t, { url: link.url, staleOnStoreErrorMs: 0 })
  const there = await startReplica(t, { url: redis.url })
  const { cookieValue, live } = await signIn(there.sessions)
  await warmUp(here, cookieValue)
  link.blackHole()
  await there.sessions.destroy(live)
  await until(() => here.sessions.loadCached(cookieValue, Date.now()) === undefined)
  await t.rejects(load(here.sessions, cookieValue), StoreUnavailableError)
  link.pass()
  await until(() =>
    load(here.sessions, cookieValue).then(
      (found) => found === undefined,
      () => false,
    ),
  )
})

t.test('a slow link costs time and certainty, nothing else', async (t) => {
  const link = await startFaultyTcp(redis.port)
  t.teardown(() => link.close())
  const replica = await startReplica(t, { url: link.url })
  const { sessions } = replica
  const { cookieValue, live } = await signIn(sessions)
  link.pass(200)
  for (let i = 0; i < 3; i++) t.ok(await load(sessions, cookieValue))
  await sessions.destroy(live)
  t.equal(await load(sessions, cookieValue), undefined)
})

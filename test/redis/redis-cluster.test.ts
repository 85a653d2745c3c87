import t, { type Test } from 'tap'
import { connectRedis } from '../../src/redis/connect.js'
import { StoreUnavailableError } from '../../src/session/session-store.js'
import type { Sessions } from '../../src/session/sessions.js'
import { startRedisCluster } from '../helpers/redis-cluster.js'
import type { RedisServer } from '../helpers/redis-server.js'
import { nextChange, until } from '../session/fixtures.js'
import { answers, connect, testContracts, whyNot } from './on-redis.js'
import { load, signIn, startReplica, warmUp, warmUpThroughFaults, type Replica } from './replica.js'

const cluster = await startRedisCluster({ replicas: 1 })
t.teardown(() => cluster.stop())
const redis = { cluster: cluster.addresses.slice(0, 2) }
const nameOf = (key: string) => `valetkey:session:{${key}}`

testContracts(t, redis)

/** A session on each of the three primaries, in the cache of a replica. */
async function signInEverywhere(replica: Replica) {
  const found = new Map<RedisServer, Awaited<ReturnType<typeof signIn>>>()
  while (found.size < 3) {
    const signedIn = await signIn(replica.sessions)
    found.set(await cluster.primaryOf(nameOf(signedIn.live.key)), signedIn)
  }
  for (const { cookieValue } of found.values()) await warmUp(replica, cookieValue)
  return found
}

const isAbsent = async (sessions: Sessions, cookieValue: string) =>
  (await load(sessions, cookieValue)) === undefined

t.test('every primary tells of its changes, whoever makes them', async (t) => {
  const one = await startReplica(t, { redis })
  const other = await startReplica(t, { redis })
  const signedIn = await signInEverywhere(one)
  for (const { cookieValue, live } of signedIn.values()) {
    await warmUp(other, cookieValue)
    await cluster.cli('DEL', nameOf(live.key))
    for (const { sessions } of [one, other]) {
      await until(() => sessions.loadCached(cookieValue, Date.now()) === undefined, 1000)
      t.ok(await isAbsent(sessions, cookieValue))
    }
  }
})

t.test('a warm request runs no command, a cold one exactly one', async (t) => {
  const one = await startReplica(t, { redis })
  const other = await startReplica(t, { redis })
  const { cookieValue } = await signIn(one.sessions)
  await warmUp(one, cookieValue)
  const primaries = await Promise.all(cluster.nodes.map(async (node) => node.client()))
  async function countLoads(run: () => Promise<unknown>) {
    await Promise.all(primaries.map((client) => client.config('RESETSTAT')))
    await run()
    const stats = await Promise.all(primaries.map((client) => client.info('commandstats')))
    const calls = stats.map((text) => /cmdstat_hmget:calls=(\d+)/.exec(text)?.[1] ?? 0)
    return calls.reduce<number>((sum, each) => sum + Number(each), 0)
  }
  const warm = async () => {
    for (let i = 0; i < 100; i++) t.ok(await load(one.sessions, cookieValue))
  }
  t.equal(await countLoads(warm), 0)
  t.equal(await countLoads(() => load(other.sessions, cookieValue)), 1)
})

t.test('an eviction policy of one node is told while it is so', async (t) => {
  const { warnings } = await connect(t, { ...redis, askAgainMs: 20 })
  await warnings.whenTold(20_000)
  t.strictSame(warnings.current(), [])
  const client = (await cluster.primaryOf('any')).client()
  await client.config('SET', 'maxmemory-policy', 'allkeys-lru')
  await until(() => warnings.current().length === 1)
  await client.config('SET', 'maxmemory-policy', 'noeviction')
  await until(() => warnings.current().length === 0)
})

t.test('a session whose slot moves stays, and is revoked where it moved to', async (t) => {
  const replica = await startReplica(t, { redis })
  const { sessions } = replica
  const { cookieValue, live } = await signIn(sessions)
  await warmUp(replica, cookieValue)
  const name = nameOf(live.key)
  const from = await cluster.primaryOf(name)
  const slot = await cluster.cli('CLUSTER', 'KEYSLOT', name)
  const to = await otherPrimary(from)
  const [source, target] = [from.client(), to.client()]
  const [sourceId, targetId] = [await source.cluster('MYID'), await target.cluster('MYID')]
  const setSlot = (client: typeof source, ...rest: string[]) =>
    client.call('CLUSTER', 'SETSLOT', slot, ...rest)
  await setSlot(target, 'IMPORTING', sourceId)
  await setSlot(source, 'MIGRATING', targetId)
  t.ok(await load(sessions, cookieValue), 'while the slot is moving')
  await source.call('MIGRATE', '127.0.0.1', String(to.port), name, '0', '1000')
  t.ok(await load(sessions, cookieValue), 'once the key has moved')
  await setSlot(target, 'NODE', targetId)
  await setSlot(source, 'NODE', targetId)
  await warmUpThroughFaults(replica, cookieValue)
  await target.del(name)
  await until(() => sessions.loadCached(cookieValue, Date.now()) === undefined, 1000)
  t.ok(await isAbsent(sessions, cookieValue))
})

async function otherPrimary(than: RedisServer): Promise<RedisServer> {
  for (let i = 0; ; i++) {
    const primary = await cluster.primaryOf(`any ${i}`)
    if (primary !== than) return primary
  }
}

t.test('a replica that takes over by order tells of changes like the primary before', async (t) => {
  const replica = await startReplica(t, { redis })
  const { sessions } = replica
  const { cookieValue, live } = await signIn(sessions)
  await warmUp(replica, cookieValue)
  const name = nameOf(live.key)
  const before = await cluster.primaryOf(name)
  const successor = await cluster.replicaOf(before)
  await successor.client().cluster('FAILOVER')
  await until(async () => (await cluster.primaryOf(name)) === successor)
  t.ok(await load(sessions, cookieValue))
  await warmUpThroughFaults(replica, cookieValue)
  await successor.client().del(name)
  await until(() => isAbsent(sessions, cookieValue), 1000)
})

async function watchThrough(t: Test, replica: Replica, cookieValue: string) {
  const outcome = { served: 0, unavailable: 0, absent: 0 }
  const stopping = new AbortController()
  async function send() {
    while (!stopping.signal.aborted) {
      try {
        if (await load(replica.sessions, cookieValue)) outcome.served++
        else outcome.absent++
      } catch (error) {
        t.type(error, StoreUnavailableError)
        outcome.unavailable++
      }
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }
  const sending = send()
  return {
    outcome,
    async stop() {
      stopping.abort()
      await sending
      return outcome
    },
  }
}

t.test('a primary dies: unavailable until its replica takes over, never absent', async (t) => {
  const replica = await startReplica(t, { redis, staleOnStoreErrorMs: 0 })
  const { sessions } = replica
  const { cookieValue, live } = await signIn(sessions)
  await warmUp(replica, cookieValue)
  const name = nameOf(live.key)
  const victim = await cluster.primaryOf(name)
  const successor = await cluster.replicaOf(victim)
  // What is not replicated yet would be lost for good.
  await until(async () => (await successor.client().dbsize()) === (await victim.client().dbsize()))
  const requests = await watchThrough(t, replica, cookieValue)
  await victim.kill()
  await until(async () => (await cluster.primaryOf(name)) === successor)
  await until(() => replica.store.changes.certainty() !== undefined)
  await until(() => sessions.loadCached(cookieValue, Date.now()) !== undefined)
  const { absent, unavailable, served } = await requests.stop()
  t.equal(absent, 0)
  t.comment(`${served} served, ${unavailable} unavailable`)

  await warmUpThroughFaults(replica, cookieValue)
  await successor.client().del(name)
  await until(() => sessions.loadCached(cookieValue, Date.now()) === undefined, 1000)
  t.ok(await isAbsent(sessions, cookieValue))
  await victim.restart()
  await until(() => answers(nextChangeAfterTouch(replica)))
})

/** Some change is made and heard. */
async function nextChangeAfterTouch({ sessions, store }: Replica) {
  const { live } = await signIn(sessions)
  const reported = nextChange(store, live.key)
  await store.touch(live.key, Date.now() + 1, Date.now() + 120_000)
  await reported
}

t.test('a cluster that is not known yet fails at once', async (t) => {
  const { store } = connectRedis({
    cluster: ['127.0.0.1:1'],
    keyPrefix: '',
    commandTimeoutMs: 60_000,
  })
  t.teardown(() => store.close())
  await t.rejects(store.load('key'), StoreUnavailableError)
  t.equal(store.changes.certainty(), undefined)
  await until(async () => (await whyNot(store)).includes('no node answers'))
})

t.test('a cluster that lost slots cannot be reached: nothing is absent', async (t) => {
  const replica = await startReplica(t, { redis, staleOnStoreErrorMs: 0 })
  const signedIn = await signInEverywhere(replica)
  const victim = await cluster.primaryOf('any')
  const itsReplica = await cluster.replicaOf(victim)
  await Promise.all([victim.kill(), itsReplica.kill()])
  const told = new Set<string>()
  await until(async () => {
    for (const { live } of signedIn.values()) {
      const found = await replica.store.load(live.key).catch((error: unknown) => {
        t.type(error, StoreUnavailableError)
        told.add(String(error))
        return 'unavailable'
      })
      t.not(found, undefined)
    }
    return [...told].some((each) => each.includes('CLUSTERDOWN'))
  })
  t.comment([...told].join(', '))
})

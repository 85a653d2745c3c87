import t from 'tap'
import { connectRedis } from '../../src/redis/connect.js'
import { createConnections } from '../../src/redis/connections.js'
import { StoreUnavailableError } from '../../src/session/session-store.js'
import { startRedisSentinels } from '../helpers/redis-sentinel.js'
import { startRedis } from '../helpers/redis-server.js'
import { until } from '../session/fixtures.js'
import { testContracts, whyNot } from './on-redis.js'
import { load, signIn, startReplica, warmUp, warmUpThroughFaults } from './replica.js'

t.setTimeout(120_000)

const sentinels = await startRedisSentinels()
t.teardown(() => sentinels.stop())
const redis = { sentinel: { name: sentinels.name, nodes: sentinels.nodes.slice(0, 2) } }
const nameOf = (key: string) => `valetkey:session:{${key}}`

testContracts(t, redis)

t.test('B16-22 a failover by order: the session stays, and changes are heard again', async (t) => {
  const replica = await startReplica(t, { redis })
  const { sessions, store } = replica
  const { cookieValue, live } = await signIn(sessions)
  await warmUp(replica, cookieValue)
  const generation = store.changes.certainty()?.generation ?? 0
  const [first, second] = sentinels.servers
  // Sentinels may take ten seconds and more until they tell a former primary whose replica it is.
  await until(
    async () => (await first?.client().dbsize()) === (await second?.client().dbsize()),
    30_000,
  )
  await sentinels.failover()
  await until(() => (store.changes.certainty()?.generation ?? 0) > generation)
  t.ok(await load(sessions, cookieValue))
  await warmUpThroughFaults(replica, cookieValue)
  const primary = await sentinels.primary()
  await primary.client().del(nameOf(live.key))
  await until(() => sessions.loadCached(cookieValue, Date.now()) === undefined, 1000)
  t.equal(await load(sessions, cookieValue), undefined)
})

t.test(
  'B16-22 a primary that hangs is left for its successor, and not believed afterwards',
  async (t) => {
    const replica = await startReplica(t, { redis, staleOnStoreErrorMs: 0 })
    const { sessions } = replica
    const { cookieValue, live } = await signIn(sessions)
    await warmUp(replica, cookieValue)
    const hung = await sentinels.primary()
    const [first, second] = sentinels.servers
    // Sentinels may take ten seconds and more until they tell a former primary whose replica it is.
    await until(
      async () => (await first?.client().dbsize()) === (await second?.client().dbsize()),
      30_000,
    )
    let absent = 0
    const isServed = () =>
      load(sessions, cookieValue).then(
        (found) => {
          if (found === undefined) absent++
          return found !== undefined
        },
        (error: unknown) => {
          t.type(error, StoreUnavailableError)
          return false
        },
      )
    hung.pause()
    const successor = sentinels.servers.find((server) => server !== hung)
    if (!successor) throw new Error('no successor')
    await sentinels.untilPrimary(successor)
    const namedAt = Date.now()
    await until(isServed)
    t.comment(`served ${Date.now() - namedAt} ms after the Sentinels named another primary`)
    hung.resume()
    const resumedAt = Date.now()
    await until(() => replica.store.changes.certainty() !== undefined)
    t.comment(`certain ${Date.now() - resumedAt} ms after it woke up`)
    await until(isServed)
    t.equal(absent, 0)
    await warmUpThroughFaults(replica, cookieValue)
    await successor.client().del(nameOf(live.key))
    await until(() => sessions.loadCached(cookieValue, Date.now()) === undefined, 1000)
    t.equal(await load(sessions, cookieValue), undefined)
  },
)

t.test(
  'a failover that is told while a connection comes up does not end it for good',
  async (t) => {
    const connections = createConnections({ ...redis, commandTimeoutMs: 1000 })
    for (const open of [connections.openClient, () => connections.openServer()]) {
      const connection = open()
      t.teardown(() => connection.disconnect())
      t.equal(connection.status, 'connecting')
      // What the client does to itself when the Sentinels tell of another primary.
      connection.disconnect(true)
      await until(() => connection.status === 'ready')
      connection.disconnect()
      await until(() => connection.status === 'end')
    }
  },
)

t.test('Sentinels that name no primary are a store that cannot be reached', async (t) => {
  const nodes = [...sentinels.nodes]
  const { store } = connectRedis({
    sentinel: { name: 'unheard-of', nodes },
    keyPrefix: '',
    commandTimeoutMs: 1000,
  })
  t.teardown(() => store.close())
  let error: unknown
  await until(async () => {
    error = await store.load('key').catch((thrown: unknown) => thrown)
    return String(error).includes('no Sentinel names a primary')
  })
  t.type(error, StoreUnavailableError)
})

t.test('Sentinels that cannot be reached are a store that cannot be reached', async (t) => {
  const gone = await startRedis()
  await gone.stop()
  const { store } = connectRedis({
    sentinel: { name: 'main', nodes: [`127.0.0.1:${gone.port}`] },
    keyPrefix: '',
    commandTimeoutMs: 1000,
  })
  t.teardown(() => store.close())
  await until(async () => (await whyNot(store)).includes('no Sentinel names a primary'))
})

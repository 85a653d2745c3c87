import t from 'tap'
import { startRedis } from '../helpers/redis-server.js'
import { until } from '../session/fixtures.js'
import { connect } from './on-redis.js'

t.test('an eviction policy that may drop sessions is told at each connection', async (t) => {
  const redis = await startRedis({ args: ['--maxmemory-policy', 'volatile-lru'] })
  t.teardown(() => redis.stop())
  const told: string[] = []
  const { warnings } = await connect(t, {
    url: redis.url,
    onWarning: (warning) => void told.push(warning),
  })
  await until(() => told.length === 1)
  t.match(warnings.current(), [/maxmemory-policy is volatile-lru/])
  const client = redis.client()
  // A connection tells of its server before it subscribes, and counts as one of this type only then.
  const cutOne = () =>
    until(async () => Number(await client.call('CLIENT', 'KILL', 'TYPE', 'pubsub')) > 0)
  await cutOne()
  await until(() => told.length === 2)

  await client.config('SET', 'maxmemory-policy', 'noeviction')
  await cutOne()
  await until(() => warnings.current().length === 0)
  t.equal(told.length, 2)
})

t.test('a policy that changes while connections stay is told once, and forgotten', async (t) => {
  const redis = await startRedis()
  t.teardown(() => redis.stop())
  const told: string[] = []
  const { warnings } = await connect(t, {
    url: redis.url,
    askAgainMs: 20,
    onWarning: (warning) => void told.push(warning),
  })
  await warnings.whenTold(20_000)
  const client = redis.client()
  await client.config('SET', 'maxmemory-policy', 'allkeys-lru')
  await until(() => warnings.current().length === 1)
  await client.config('SET', 'maxmemory-policy', 'noeviction')
  await until(() => warnings.current().length === 0)
  t.match(told, [/allkeys-lru/])
  t.equal(told.length, 1)
})

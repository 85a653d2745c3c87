import t from 'tap'
import { startRedis } from '../helpers/redis-server.js'
import { startStack } from '../helpers/stack.js'
import { until } from '../session/fixtures.js'

t.setTimeout(120_000)

t.test('a Redis that may drop sessions is warned of until it may not', async (t) => {
  const redis = await startRedis({ args: ['--maxmemory-policy', 'allkeys-lru'] })
  t.teardown(() => redis.stop())
  const { valetkey } = await startStack(t, { redis })

  async function fetchReadiness() {
    const response = await fetch(`${valetkey.adminUrl}/readyz`)
    const body: unknown = await response.json()
    return { status: response.status, body }
  }
  const warnsOf = async (policy: string) =>
    JSON.stringify((await fetchReadiness()).body).includes(`maxmemory-policy is ${policy}`)
  const logged = () =>
    valetkey.log.filter(
      (line) => line.includes('"level":"warn"') && line.includes('maxmemory-policy'),
    )

  await until(() => warnsOf('allkeys-lru'), 30_000)
  t.match(await fetchReadiness(), {
    status: 200,
    body: {
      ready: true,
      reasons: [],
      warnings: [{ component: 'session store', reason: /allkeys-lru.*set noeviction/ }],
    },
  })
  await until(() => logged().length > 0, 30_000)

  const operator = redis.client()
  await operator.config('SET', 'maxmemory-policy', 'noeviction')
  // A connection tells of its server before it subscribes, and counts as one of this type only then.
  await until(async () => Number(await operator.call('CLIENT', 'KILL', 'TYPE', 'pubsub')) > 0)
  await until(async () => !(await warnsOf('allkeys-lru')), 30_000)
  await valetkey.ready()
  t.match(await fetchReadiness(), { status: 200, body: { ready: true, warnings: [] } })
})

import type { Redis } from 'ioredis'
import t from 'tap'
import { createJarFetch } from '../helpers/jar-fetch.js'
import { startRedis } from '../helpers/redis-server.js'
import { signIn, startStack } from '../helpers/stack.js'

t.setTimeout(120_000)

/** How often each command was run, but for those that keep the connections alive and this one. */
async function commandCounts(redis: Redis): Promise<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const [, name = '', calls] of (await redis.info('commandstats')).matchAll(
    /^cmdstat_([^:]+):calls=(\d+)/gm,
  )) {
    if (name !== 'ping' && name !== 'info') counts[name] = Number(calls)
  }
  return counts
}

t.test('a warm request makes no Redis command, a cold one exactly one', async (t) => {
  const redis = await startRedis()
  t.teardown(() => redis.stop())
  const stack = await startStack(t, { redis })
  const replica = await stack.startReplica()
  const { client } = await signIn(stack, 'alice')
  const cookie = client.cookieFor(stack.publicUrl)
  const other = createJarFetch()
  const ask = async (url: string) => {
    const response = await other(`${url}/`, { headers: { cookie } })
    await response.text()
    t.equal(response.status, 200)
  }
  await ask(stack.valetkey.url)
  const observer = redis.client()

  const beforeCold = await commandCounts(observer)
  await ask(replica.url)
  const afterCold = await commandCounts(observer)
  t.strictSame(afterCold, { ...beforeCold, hmget: (beforeCold['hmget'] ?? 0) + 1 })

  for (let round = 0; round < 50; round++) {
    await ask(stack.valetkey.url)
    await ask(replica.url)
  }
  t.strictSame(await commandCounts(observer), afterCold)
})

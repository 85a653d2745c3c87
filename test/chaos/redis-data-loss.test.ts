import t from 'tap'
import { startFleet } from '../helpers/fleet.js'
import { served, startLoad } from '../helpers/load.js'
import { startRedis } from '../helpers/redis-server.js'
import { signIn } from '../helpers/stack.js'

t.setTimeout(120_000)

t.test('Redis comes back without its data: people sign in again, and nothing worse', async (t) => {
  const redis = await startRedis()
  t.teardown(() => redis.stop())
  const fleet = await startFleet(t, { redis, session: { staleOnStoreError: '1s' } })
  const { publicUrl } = fleet
  const { client } = await signIn(fleet, 'alice')
  const load = startLoad(`${publicUrl}/work`, [client.cookieFor(publicUrl)])
  t.teardown(() => load.stop())
  await load.untilOnly(served)

  await redis.kill()
  const killedAt = Date.now()
  await load.until('503 ERR_STORE_UNAVAILABLE')
  await load.rounds(10)
  const returnedAt = Date.now()
  await redis.restart()
  await load.untilOnly('302 LOGIN_REQUIRED')
  await load.stop()

  const before = load.answers.filter(({ at }) => at < returnedAt)
  t.notOk(
    before.some(({ redirects }) => redirects),
    'nobody is sent to sign in on suspicion',
  )
  const names = new Set(load.answers.filter(({ at }) => at >= killedAt).map(({ name }) => name))
  t.strictSame(
    [...names].toSorted(),
    [served, '302 LOGIN_REQUIRED', '503 ERR_STORE_UNAVAILABLE'].toSorted(),
  )
  const again = await signIn(fleet, 'alice', { client })
  t.equal(again.landed, `${publicUrl}/`, 'signing in works at once')
  const response = await client(`${publicUrl}/work`)
  t.equal(response.status, 200)
})

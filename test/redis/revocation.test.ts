import t from 'tap'
import { until } from '../session/fixtures.js'
import { startRedis } from '../helpers/redis-server.js'
import { load, signIn, startReplica, warmUp } from './replica.js'

t.setTimeout(120_000)

const rounds = 200

t.test('a session that one replica revokes is refused by the other within a second', async (t) => {
  const redis = await startRedis()
  t.teardown(() => redis.stop())
  const one = await startReplica(t, { url: redis.url })
  const other = await startReplica(t, { url: redis.url })
  let late = 0
  for (let round = 0; round < rounds; round++) {
    const { cookieValue, live } = await signIn(one.sessions)
    await warmUp(other, cookieValue)
    t.ok(await one.sessions.endByKey(live.key))
    const isRefused = async () => (await load(other.sessions, cookieValue)) === undefined
    await until(isRefused, 1000).catch(() => late++)
  }
  t.ok(late <= rounds / 100, `${late} of ${rounds} took longer`)
})

import t from 'tap'
import { startBusyFleet, storeAway } from '../helpers/busy-fleet.js'
import { served } from '../helpers/load.js'
import { startRedis } from '../helpers/redis-server.js'

t.setTimeout(180_000)

const redis = await startRedis()
t.teardown(() => redis.stop())
const { endure, members } = await startBusyFleet(t, redis)
const links = members.flatMap(({ link }) => link ?? [])

t.test('one process is cut off from Redis', async (t) => {
  await endure(t, async (running) => {
    links[0]?.blackHole()
    await running.until(storeAway)
    await running.rounds(30)
    links[0]?.pass()
  })
})

t.test('every process is cut off from Redis', async (t) => {
  await endure(t, async (running) => {
    for (const link of links) link.blackHole()
    await running.until(storeAway)
    await running.rounds(20)
    for (const link of links) link.pass()
  })
})

t.test('what Redis answers is lost, what it is told arrives', async (t) => {
  await endure(t, async (running) => {
    for (const link of links) link.loseAnswers()
    await running.until(storeAway)
    await running.rounds(20)
    for (const link of links) link.pass()
  })
})

t.test('answers from Redis take 500 ms', async (t) => {
  const { counts } = await endure(t, async (running) => {
    for (const link of links) link.pass(250)
    await running.rounds(8)
    for (const link of links) link.pass()
  })
  t.ok((counts[served] ?? 0) > (counts[storeAway] ?? 0), 'slow is no outage')
})

t.test('the way to Redis and the way back take 500 ms each', async (t) => {
  await endure(t, async (running) => {
    for (const link of links) link.pass(500)
    await running.rounds(8)
    for (const link of links) link.pass()
  })
})

import t from 'tap'
import { startBusyFleet } from '../helpers/busy-fleet.js'
import { served } from '../helpers/load.js'
import { startRedisSentinels } from '../helpers/redis-sentinel.js'
import { killReplicated, untilWritable } from '../helpers/redis-takeover.js'

t.setTimeout(180_000)

const sentinels = await startRedisSentinels()
t.teardown(() => sentinels.stop())
const { name, nodes } = sentinels
const { endure } = await startBusyFleet(t, { settings: { sentinel: { name, nodes } } })

t.test('the primary is killed, and the Sentinels name its replica', async (t) => {
  const { counts, recoveredAfterMs } = await endure(t, async () => {
    const primary = await sentinels.primary()
    const replica = sentinels.servers.find((server) => server !== primary)
    if (!replica) throw new Error('no replica')
    await killReplicated(primary, replica)
    await untilWritable(replica, 'probe')
    const writableAt = Date.now()
    await sentinels.untilPrimary(replica)
    t.comment(`named ${Date.now() - writableAt} ms after it took writes`)
  })
  t.ok(counts[served])
  t.ok(recoveredAfterMs < 2000, 'all is well within 2 seconds of a primary')
})

import { mkdir, mkdtemp, rm, rmdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { refreshAway, startBusyFleet, storeAway } from '../helpers/busy-fleet.js'
import { served } from '../helpers/load.js'
import { startRedis } from '../helpers/redis-server.js'

t.setTimeout(180_000)

const folder = await mkdtemp(join(tmpdir(), 'valetkey-chaos-'))
t.teardown(() => rm(folder, { recursive: true, force: true }))
// With every write on disk, so that what comes back after a crash has the sessions.
// It loads so slowly, and looks around while it does, as if it had a great many of them.
// prettier-ignore
const args = [
  '--dir', folder, '--appendonly', 'yes', '--appendfsync', 'always',
  '--key-load-delay', '5000', '--loading-process-events-interval-bytes', '1024',
]
const redis = await startRedis({ args })
t.teardown(() => redis.stop())
const { endure } = await startBusyFleet(t, redis)
const meddler = redis.client()

t.test('Redis is killed and comes back with its data', async (t) => {
  await endure(t, async (running) => {
    await redis.kill()
    await running.until(storeAway)
    await running.rounds(20)
    await redis.restart()
  })
})

t.test('Redis is loading its data', async (t) => {
  const filler = Array.from({ length: 300 }, (_, i) => [`filler:${i}`, 'x'.repeat(1024)])
  await meddler.mset(Object.fromEntries(filler))
  // What was there at a rewrite is what is loaded slowly.
  await meddler.bgrewriteaof()
  await untilInfo('aof_rewrite_in_progress:0', 'aof_last_bgrewrite_status:ok')
  await endure(t, async (running) => {
    const isAway = running.until(storeAway)
    await redis.kill()
    const loaded = redis.restart()
    const observer = redis.client({ enableReadyCheck: false })
    for (;;) {
      const answer = await observer.get('x').catch(String)
      if (answer?.includes('LOADING') === true) break
    }
    await running.rounds(5)
    await Promise.all([isAway, loaded])
  })
})

t.test('the disk of Redis is full: it reads but does not write', async (t) => {
  const { counts } = await endure(t, async (running) => {
    // A folder where the dump should be: the snapshot fails for root, too.
    await mkdir(join(folder, 'dump.rdb'))
    await meddler.config('SET', 'save', '3600 1')
    await meddler.bgsave()
    await untilInfo('rdb_bgsave_in_progress:0', 'rdb_last_bgsave_status:err')
    await t.rejects(meddler.set('a write', 'x'), { message: /^MISCONF/ })
    await running.until(refreshAway)
    await running.rounds(20)
    await rmdir(join(folder, 'dump.rdb'))
    await meddler.bgsave()
    await untilInfo('rdb_bgsave_in_progress:0', 'rdb_last_bgsave_status:ok')
  })
  t.ok(counts[served], 'who needs no new token goes on')
})

/** There is no event for the end of a snapshot or a rewrite. */
async function untilInfo(...wanted: readonly string[]) {
  for (;;) {
    const info = await meddler.info('persistence')
    if (wanted.every((each) => info.includes(each))) return
    await sleep(10)
  }
}

t.test('CLIENT KILL again and again', async (t) => {
  await endure(t, async (running) => {
    for (let round = 0; round < 15; round++) {
      await meddler.call('CLIENT', 'KILL', 'TYPE', 'pubsub')
      await meddler.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')
      await running.rounds(5)
    }
  })
})

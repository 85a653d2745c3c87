import t from 'tap'
import { parseTicket } from '../../src/session/ticket.js'
import { startBusyFleet } from '../helpers/busy-fleet.js'
import { type LoadAnswer, served } from '../helpers/load.js'
import { startRedisCluster } from '../helpers/redis-cluster.js'
import type { RedisServer } from '../helpers/redis-server.js'
import { killReplicated, untilWritable } from '../helpers/redis-takeover.js'

t.setTimeout(180_000)

const cluster = await startRedisCluster({
  replicas: 1,
  // Else a node that fails takes all slots with it until its replica has taken over.
  args: ['--cluster-require-full-coverage', 'no'],
})
t.teardown(() => cluster.stop())
const fleet = await startBusyFleet(t, { settings: { cluster: cluster.addresses } })

function nameOf(cookie: string): string {
  const key = parseTicket(cookie.slice(cookie.indexOf('=') + 1))?.key
  return `valetkey:session:{${key}}`
}

t.test('a node is killed, and its replica promoted', async (t) => {
  const homes = new Map<string, RedisServer>()
  for (const cookie of fleet.cookies) homes.set(cookie, await cluster.primaryOf(nameOf(cookie)))
  while (new Set(homes.values()).size < 3) {
    const cookie = await fleet.join('alice')
    homes.set(cookie, await cluster.primaryOf(nameOf(cookie)))
  }
  const [first = ''] = fleet.cookies
  const victim = await cluster.primaryOf(nameOf(first))
  const successor = await cluster.replicaOf(victim)
  const { answers, recoveredAfterMs } = await fleet.endure(t, async () => {
    await killReplicated(victim, successor)
    await untilWritable(successor, `probe:${nameOf(first)}`)
  })
  t.ok(recoveredAfterMs < 2000, 'all is well within 2 seconds of Redis')

  const isOnVictim = ({ who }: LoadAnswer) => homes.get(fleet.cookies[who] ?? '') === victim
  const elsewhere = new Set(answers.filter((each) => !isOnVictim(each)).map(({ name }) => name))
  t.strictSame([...elsewhere], [served], 'sessions on other nodes notice nothing')
})

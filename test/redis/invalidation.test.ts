import t, { type Test } from 'tap'
import type { ChangeListener } from '../../src/redis/change-listener.js'
import { createRedisChanges, type ServerWatch } from '../../src/redis/invalidation.js'
import { createRedisKeys } from '../../src/redis/redis-keys.js'
import { until } from '../session/fixtures.js'

const hour = 3_600_000

/** Servers that come, go and fall silent as a test says, with both clocks to turn. */
function setUp(t: Test) {
  const now = Date.now()
  const time = { wall: now, passed: now }
  const servers = new Map([['one', 'one']])
  const heard = new Set<string>()
  let knownAt: number | undefined
  let answers = true
  const watch: ServerWatch<string> = {
    fetchServers: async () => new Map(servers),
    listenTo(name, events): ChangeListener {
      heard.add(name)
      queueMicrotask(events.onListening)
      return {
        knownUntil: () => (answers ? (knownAt = time.passed) : knownAt),
        facts: () => undefined,
        beat: async () => {},
        reconnect() {},
        close() {},
      }
    },
    hears: () => 'the server',
  }
  const { changes, close } = createRedisChanges({
    watch,
    keys: createRedisKeys('valetkey:'),
    monotonic: () => time.passed,
  })
  t.teardown(close)
  return {
    time,
    changes,
    isCertain: () => until(() => changes.certainty() !== undefined),
    join(name: string) {
      servers.set(name, name)
      return until(() => heard.has(name))
    },
    fallSilent() {
      answers = false
    },
  }
}

t.test('a primary that joins is listened to, also once the clock was set back', async (t) => {
  const { time, join, isCertain } = setUp(t)
  await isCertain()
  time.wall -= hour
  time.passed += 200
  await join('two')
  await isCertain()
})

t.test('a clock that is set back makes nothing certain that nobody heard', async (t) => {
  const { time, changes, fallSilent, isCertain } = setUp(t)
  await isCertain()
  fallSilent()
  time.wall -= hour
  time.passed += 600
  t.ok(changes.certainty())
  time.passed += 1
  t.equal(changes.certainty(), undefined)
})

t.test('a clock that is set ahead makes nothing doubtful that was heard', async (t) => {
  const { time, changes, isCertain } = setUp(t)
  await isCertain()
  time.wall += hour
  t.ok(changes.certainty())
})

t.test('for how long nothing is certain is told whatever the clock says', async (t) => {
  const { time, changes, fallSilent, isCertain } = setUp(t)
  await isCertain()
  const { generation } = changes.certainty() ?? { generation: 0 }
  fallSilent()
  time.wall -= hour
  time.passed += 5000
  t.equal(changes.uncertainForMs(generation), 5000)
})

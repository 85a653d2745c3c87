import { EventEmitter, once } from 'node:events'
import { mock } from 'node:test'
import t from 'tap'
import { createCloseAtExpiry } from '../../src/app/close-at-expiry.js'
import { createLogger } from '../../src/telemetry/logger.js'

const day = 86_400_000
const startedAt = 1_800_000_000_000

/** An open connection with a token that ends in so many days, on a clock that the test moves. */
function open(days: number) {
  mock.timers.reset()
  mock.timers.enable({ apis: ['setTimeout', 'Date'], now: startedAt })
  const causes: string[] = []
  const events = new EventEmitter()
  const closed = once(events, 'closed').then(() => undefined)
  const bearer = {
    key: 'a-key',
    identity: { providerId: 'corp', issuer: 'https://i.example', sub: 'alice', claims: {} },
    tokens: { accessToken: 'token' },
    audiences: [],
    scopes: [],
    endsAt: startedAt + days * day,
  }
  const closeAtExpiry = createCloseAtExpiry({
    logger: createLogger({ level: 'silent' }),
    clock: Date.now,
  })
  closeAtExpiry(bearer, { closed, close: (cause) => causes.push(cause) })
  return {
    causes,
    closed,
    end: () => events.emit('closed'),
    pass: (ms: number) => mock.timers.tick(ms),
  }
}
t.afterEach(() => mock.timers.reset())

t.test('a connection is closed when its token ends, and not before', async (t) => {
  const { causes, pass } = open(1)
  pass(day - 1)
  t.same(causes, [])
  pass(2)
  t.same(causes, ['tokenExpired'])
  pass(day)
  t.same(causes, ['tokenExpired'], 'once')
})

t.test('also when that is further away than timers go', async (t) => {
  const { causes, pass } = open(60)
  for (let days = 1; days < 60; days++) pass(day)
  t.same(causes, [])
  pass(day + 1)
  t.same(causes, ['tokenExpired'])
})

t.test('what was closed before is left alone', async (t) => {
  const { causes, closed, end, pass } = open(1)
  end()
  await closed
  pass(2 * day)
  t.same(causes, [])
})

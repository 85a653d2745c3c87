import t from 'tap'
import { refreshAt, sessionExpiresAt, shouldTouch } from '../../src/session/session-lifetime.js'
import { createTicket } from '../../src/session/ticket.js'
import { holdSession } from '../../src/session/hold-session.js'
import type { SessionRecord } from '../../src/session/session.js'
import { createSession, createTokens } from './fixtures.js'

const now = 1_800_000_000_000
const second = 1000
const minute = 60 * second
const hour = 60 * minute

const hold = (changes: Partial<SessionRecord>) => holdSession(createSession(now, changes))

const withTokens = (lifetimeMs: number) => hold({ tokens: createTokens(now, lifetimeMs) })

const writesAfter = (timeoutMs: number, elapsedMs: number) =>
  shouldTouch(now, now + elapsedMs, timeoutMs)

t.test('a session ends by inactivity or with its lifetime, whichever comes first', async (t) => {
  const session = hold({ endsAt: now + hour })
  t.equal(sessionExpiresAt(session, now, minute), now + minute)
  t.equal(sessionExpiresAt(session, now + 59.5 * minute, minute), now + hour)
})

t.test(
  'without a refresh token it ends with the access token, unless that was assumed',
  async (t) => {
    const { refreshToken: _none, ...tokens } = createTokens(now, 5 * minute)
    const session = hold({ tokens })
    t.equal(sessionExpiresAt(session, now, hour), now + 5 * minute)
    const assumed = hold({ tokens: { ...tokens, accessTokenExpiryAssumed: true } })
    t.equal(sessionExpiresAt(assumed, now, hour), now + hour)
    t.equal(refreshAt(session, createTicket().key, minute), Number.POSITIVE_INFINITY)
  },
)

t.test('RF-4 a token is refreshed ahead of its expiry, a short-lived one later', async (t) => {
  for (let i = 0; i < 200; i++) {
    const { key } = createTicket()
    const long = now + hour - refreshAt(withTokens(hour), key, minute)
    t.ok(long <= minute && long >= minute / 2)
    const short = now + 5 * second - refreshAt(withTokens(5 * second), key, minute)
    t.ok(short <= 500 && short >= 250)
  }
})

t.test('RF-4 the moment is spread over sessions and steady for each', async (t) => {
  const session = withTokens(hour)
  const keys = Array.from({ length: 1000 }, () => createTicket().key)
  const moments = keys.map((key) => refreshAt(session, key, minute))
  t.strictSame(
    moments,
    keys.map((key) => refreshAt(session, key, minute)),
  )
  const inEachThird = [0, 1, 2].map(
    (third) =>
      moments.filter((at) => Math.floor((at - (now + hour - minute)) / (10 * second)) === third)
        .length,
  )
  for (const count of inEachThird) t.ok(count > 200)
})

t.test('a token that was born expired is due at once', async (t) => {
  t.ok(refreshAt(withTokens(-minute), createTicket().key, minute) <= now)
})

t.test('the last activity is written now and then, never once per request', async (t) => {
  t.equal(writesAfter(8 * hour, minute - 1), false)
  t.equal(writesAfter(8 * hour, minute), true)
  t.equal(writesAfter(10 * minute, 30 * second - 1), false)
  t.equal(writesAfter(10 * minute, 30 * second), true)
  t.equal(writesAfter(10 * second, second), true)
  t.equal(writesAfter(second, 499), false)
  t.equal(writesAfter(second, 500), true)
})

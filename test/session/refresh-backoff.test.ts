import t from 'tap'
import { createRefreshBackoff } from '../../src/session/refresh-backoff.js'

t.test('holds off twice as long after each failure, up to a bound', async (t) => {
  const backoff = createRefreshBackoff(1000, 5000)
  t.equal(backoff.remainingMs('a', 0), 0)
  t.strictSame(
    [1, 2, 3, 4, 5].map(() => backoff.fail('a', 0)),
    [1000, 2000, 4000, 5000, 5000],
  )
  t.equal(backoff.remainingMs('a', 4000), 1000)
  t.equal(backoff.remainingMs('a', 6000), 0)
  t.equal(backoff.remainingMs('b', 0), 0)
  backoff.succeed('a')
  t.equal(backoff.remainingMs('a', 0), 0)
  t.equal(backoff.fail('a', 0), 1000)
})

t.test('does what Retry-After says, for five minutes at most', async (t) => {
  const backoff = createRefreshBackoff(1000, 30_000)
  t.equal(backoff.fail('a', 0, 45_000), 45_000)
  t.equal(backoff.fail('a', 0, 86_400_000), 300_000)
  t.equal(backoff.fail('a', 0, 0), 0)
})

t.test('forgets what failed long ago', async (t) => {
  const backoff = createRefreshBackoff(1000, 30_000)
  backoff.fail('a', 0)
  backoff.fail('b', 100_000)
  t.equal(backoff.fail('a', 100_001), 1000, 'as if for the first time')
})

import t from 'tap'
import { timeAgo } from '../../../src/http/pages/time-ago.js'

t.test('says how long ago something was in the largest fitting unit', async (t) => {
  const now = Date.UTC(2026, 0, 20)
  const minute = 60_000
  const cases: readonly (readonly [agoMs: number, words: string])[] = [
    [0, 'just now'],
    [59_999, 'just now'],
    // Another replica's clock may be ahead.
    [-5000, 'just now'],
    [minute, '1 minute ago'],
    [59.9 * minute, '59 minutes ago'],
    [60 * minute, '1 hour ago'],
    [24 * 60 * minute, '1 day ago'],
    [400 * 24 * 60 * minute, '400 days ago'],
  ]
  for (const [agoMs, words] of cases) t.equal(timeAgo(now - agoMs, now), words)
})

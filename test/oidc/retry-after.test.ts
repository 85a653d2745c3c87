import t from 'tap'
import { parseRetryAfterMs } from '../../src/oidc/retry-after.js'

t.test('RF-3 reads Retry-After as seconds or as a date, within an hour', async (t) => {
  const now = Date.parse('2026-11-23T12:00:00Z')
  t.equal(parseRetryAfterMs(null, now), undefined)
  t.equal(parseRetryAfterMs('7', now), 7000)
  t.equal(parseRetryAfterMs(' 0 ', now), 0)
  t.equal(parseRetryAfterMs('Mon, 23 Nov 2026 12:00:30 GMT', now), 30_000)
  t.equal(parseRetryAfterMs('Mon, 23 Nov 2026 11:00:00 GMT', now), 0)
  t.equal(parseRetryAfterMs('999999999999', now), 3_600_000)
  for (const value of ['', 'soon', '1e400 s'])
    t.equal(parseRetryAfterMs(value, now), undefined, value)
})

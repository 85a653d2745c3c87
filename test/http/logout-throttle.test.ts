import t from 'tap'
import { createLogoutThrottle, type LogoutThrottle } from '../../src/http/logout-throttle.js'

const now = Date.now()

/** How many of so many bad tokens are looked at. */
function sendJunk(throttle: LogoutThrottle, address: string, count: number, at = now): number {
  let served = 0
  for (let each = 0; each < count; each++) {
    if (throttle.begin(address, at) !== undefined) continue
    throttle.finish(address, at, false)
    served++
  }
  return served
}

t.test('BCL-13 a sender of junk gets thirty at once, then one a second', async (t) => {
  const throttle = createLogoutThrottle()
  t.equal(sendJunk(throttle, '192.0.2.1', 1000), 30)
  t.equal(throttle.begin('192.0.2.1', now), 1000)
  t.equal(sendJunk(throttle, '192.0.2.1', 10, now + 999), 0)
  t.equal(sendJunk(throttle, '192.0.2.1', 10, now + 1000), 1)
  t.equal(sendJunk(throttle, '192.0.2.1', 1000, now + 3_600_000), 30)
  t.equal(sendJunk(throttle, '192.0.2.2', 1), 1, 'others are not concerned')
})

t.test('BCL-13 whoever has brought a good token is not turned away for junk', async (t) => {
  const throttle = createLogoutThrottle()
  sendJunk(throttle, '192.0.2.1', 20)
  t.equal(throttle.begin('192.0.2.1', now), undefined)
  throttle.finish('192.0.2.1', now, true)
  t.equal(sendJunk(throttle, '192.0.2.1', 1000), 1000)
})

t.test('BCL-13 one IPv6 sender has 2^64 addresses', async (t) => {
  const throttle = createLogoutThrottle()
  const addresses = ['2001:db8::1', '2001:db8:0:0:ffff::1', '2001:db8:0:0:1:2:3:4', '2001:db8::']
  const served = addresses.map((address) => sendJunk(throttle, address, 30))
  t.same(served, [30, 0, 0, 0])
  for (const other of ['2001:db8:0:1::1', '2001:db8:1::', '::1', '1::', '::ffff:192.0.2.1']) {
    t.equal(sendJunk(throttle, other, 30), 30, other)
  }
})

t.test('BCL-13 only so many wait at once, and the trusted ones wait for nobody else', async (t) => {
  const throttle = createLogoutThrottle()
  t.equal(throttle.begin('192.0.2.1', now), undefined)
  throttle.finish('192.0.2.1', now, true)
  const strangers = Array.from({ length: 300 }, (_, place) => `198.51.100.${place}`)
  const admitted = strangers.filter((address) => throttle.begin(address, now) === undefined)
  t.equal(admitted.length, 256)
  t.ok((throttle.begin('203.0.113.1', now) ?? 0) > 0)
  t.equal(throttle.begin('192.0.2.1', now), undefined)
  for (const address of admitted) throttle.finish(address, now, false)
  t.equal(throttle.begin('203.0.113.1', now), undefined)
})

t.test('BCL-13 its memory has a bound, which a flood from everywhere does not widen', async (t) => {
  const throttle = createLogoutThrottle()
  t.equal(sendJunk(throttle, '192.0.2.1', 1000), 30)
  for (let each = 0; each < 10_000; each++) sendJunk(throttle, `2001:db8:${each}::1`, 1)
  t.equal(sendJunk(throttle, '192.0.2.1', 1000), 30, 'the longest ago is forgotten')
})

import type { Test } from 'tap'
import type { RefreshLock } from '../../src/session/refresh-lock.js'
import { createTicket } from '../../src/session/ticket.js'

const lease = 60_000
const newKey = () => createTicket().key

/** What every refresh lock must do; `one` and `other` stand for two processes (or twice the same). */
export function testRefreshLock(
  t: Test,
  createLocks: (t: Test) => Promise<{ one: RefreshLock; other: RefreshLock }>,
) {
  const withLocks = (
    title: string,
    run: (t: Test, one: RefreshLock, other: RefreshLock) => Promise<void>,
  ) =>
    t.test(title, async (t) => {
      const { one, other } = await createLocks(t)
      await run(t, one, other)
    })

  withLocks('has one holder for each session', async (t, one, other) => {
    const key = newKey()
    const held = await one.acquire(key, lease)
    t.ok(held)
    t.equal(await other.acquire(key, lease), undefined)
    t.ok(await other.acquire(newKey(), lease), 'another session is free')
    await held?.release()
    t.ok(await other.acquire(key, lease))
  })

  withLocks('is got by exactly one of many', async (t, one, other) => {
    const key = newKey()
    const attempts = Array.from({ length: 20 }, (_, i) => (i % 2 ? one : other).acquire(key, lease))
    t.equal((await Promise.all(attempts)).filter(Boolean).length, 1)
  })

  withLocks('comes free when its holder died', async (t, one, other) => {
    const key = newKey()
    await one.acquire(key, 40)
    await other.waitForRelease(key, 10_000)
    t.ok(await other.acquire(key, lease))
  })

  withLocks(
    'can be extended while it is held, and never by a former holder',
    async (t, one, other) => {
      const key = newKey()
      const first = await one.acquire(key, 30)
      await other.waitForRelease(key, 10_000)
      const second = await other.acquire(key, lease)
      t.equal(await first?.extend(), false)
      await first?.release()
      t.equal(await one.acquire(key, lease), undefined, 'the late release freed nothing')
      t.equal(await second?.extend(), true)
      await second?.release()
      t.equal(await second?.extend(), false)
    },
  )

  withLocks('wakes who waits for its release', async (t, one, other) => {
    const key = newKey()
    const held = await one.acquire(key, lease)
    const waits = [other.waitForRelease(key, 30_000), other.waitForRelease(key, 30_000)]
    await held?.release()
    await Promise.all(waits)
    t.ok(await other.acquire(key, lease))
  })

  withLocks(
    'lets nobody wait for a lock that is free, nor longer than wanted',
    async (t, one, other) => {
      const key = newKey()
      await other.waitForRelease(key, 30_000)
      await one.acquire(key, lease)
      await other.waitForRelease(key, 20)
      t.equal(await other.acquire(key, lease), undefined)
    },
  )
}

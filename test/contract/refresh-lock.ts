import type { Test } from 'tap'
import type { RefreshLease, RefreshLock } from '../../src/session/refresh-lock.js'
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

  withLocks(
    'shows who asked and did not return, until that one concludes',
    async (t, one, other) => {
      const key = newKey()
      const first = await abandon(one, key)
      t.equal(first.trace, undefined)
      const second = await take(other, key)
      t.strictSame(second.trace, { version: 1, kind: 'asked' })
      await second.release()
      t.ok((await take(one, key, 40)).trace, 'who did not ask takes nothing away')
      await other.waitForRelease(key, 10_000)
      await first.release()
      t.equal((await take(other, key)).trace, undefined)
    },
  )

  withLocks('shows nothing of who asked and concluded', async (t, one, other) => {
    const key = newKey()
    const first = await take(one, key)
    t.equal(await first.ask(1), true)
    t.equal(await first.ask(1), true, 'as often as it likes')
    await first.release()
    t.equal(await first.ask(1), false)
    t.equal((await take(other, key)).trace, undefined)
  })

  withLocks('keeps the trace of two until the version is another', async (t, one, other) => {
    const key = newKey()
    const first = await abandon(one, key)
    const second = await take(other, key)
    t.equal(await second.ask(1), true)
    await second.release()
    await first.release()
    const third = await take(one, key)
    t.strictSame(third.trace, { version: 1, kind: 'asked' })
    t.equal(await third.ask(2), true)
    await third.release()
    t.equal((await take(other, key)).trace, undefined)
  })

  withLocks('takes a refusal of the only one who asked for final', async (t, one, other) => {
    const key = newKey()
    const first = await abandon(one, key)
    t.equal(await first.refuse(1), true)
    const second = await take(other, key)
    t.equal(await second.ask(2), true)
    t.equal(await first.refuse(1), true, 'and of a version that is past')
    await first.release()
    t.equal(await second.refuse(2), true, 'which disturbs nobody')
  })

  withLocks(
    'gives whoever asked before time to return when one is refused',
    async (t, one, other) => {
      const key = newKey()
      await abandon(one, key)
      const second = await take(other, key)
      t.equal(await second.ask(1), true)
      t.equal(await second.refuse(1), false)
      await second.release()
      const third = await take(one, key)
      const { trace } = third
      const graceMs = trace?.kind === 'refused' ? trace.graceMs : 0
      t.ok(graceMs > 0 && graceMs <= lease, 'one lease')
      t.equal(await third.ask(1), false, 'and nobody asks meanwhile')
      t.equal(await third.refuse(1), false)
      await third.release()
      const later = (await take(other, key)).trace
      t.ok(later?.kind === 'refused' && later.graceMs <= graceMs, 'the grace began with the first')
    },
  )

  withLocks(
    'gives who returns with a refusal no right over who asked after',
    async (t, one, other) => {
      const key = newKey()
      const first = await abandon(one, key)
      await abandon(other, key)
      t.equal(await first.refuse(1), false)
      await first.release()
      let third = await take(one, key)
      t.match(third.trace, { version: 1, kind: 'refused' })
      while (third.trace?.kind === 'refused' && third.trace.graceMs > 0) {
        await third.release()
        third = await take(one, key)
      }
      t.strictSame(third.trace, { version: 1, kind: 'refused', graceMs: 0 }, 'the grace ends')
    },
  )
}

/** Takes the lock, if need be when the lease of another has run out. */
async function take(lock: RefreshLock, key: string, leaseMs = lease): Promise<RefreshLease> {
  for (;;) {
    const taken = await lock.acquire(key, leaseMs)
    if (taken !== undefined) return taken
    await lock.waitForRelease(key, 10_000)
  }
}

/** Takes the lock for a moment, asks with version 1, and does not come back. */
async function abandon(lock: RefreshLock, key: string): Promise<RefreshLease> {
  for (;;) {
    const taken = await take(lock, key, 40)
    if (await taken.ask(1)) return taken
  }
}

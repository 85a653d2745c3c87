import { randomBytes } from 'node:crypto'
import { EventEmitter } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import type { RefreshLock } from '../session/refresh-lock.js'
import type { RedisLink } from './client.js'
import type { RedisChanges } from './invalidation.js'
import type { RedisKeys } from './redis-keys.js'
import { extendLock, releaseLock, runScript } from './scripts.js'

export interface RedisRefreshLockOptions {
  readonly link: RedisLink
  readonly keys: RedisKeys
  readonly changes: RedisChanges
}

/** Without reports of changes, and for leases that run out, waiting means looking again this often. */
const lookAgainMs = 250

/** A refresh lock over all processes on one Redis. Only the owner's random token gives it up. */
export function createRedisRefreshLock(options: RedisRefreshLockOptions): RefreshLock {
  const { keys, changes } = options
  const { client, reach } = options.link
  const reports = new EventEmitter().setMaxListeners(0)
  changes.subscribeToLocks((key) => void reports.emit(key))

  return {
    async acquire(key, leaseMs) {
      const name = keys.lock(key)
      const owner = randomBytes(16).toString('base64url')
      const giveUp = () => release(name, owner, leaseMs)
      const isSent = client.status === 'ready'
      let answer: string | null
      try {
        answer = await reach(() => client.set(name, owner, 'PX', leaseMs, 'NX'))
      } catch (error) {
        // The lock may be taken all the same, by nobody who knows.
        if (isSent) void giveUp()
        throw error
      }
      if (answer !== 'OK') return undefined
      return {
        extend: async () =>
          (await reach(() => runScript(client, extendLock, name, [owner, leaseMs]))) === 1,
        release: giveUp,
      }
    },

    waitForRelease(key, timeoutMs) {
      return new Promise((resolve) => {
        const timer = setTimeout(wake, timeoutMs)
        // A report may be lost with its connection, and a lease that runs out is reported late or never.
        const looking = setInterval(wakeIfFree, lookAgainMs)
        reports.once(key, wake)
        wakeIfFree()

        function wake() {
          clearTimeout(timer)
          clearInterval(looking)
          reports.off(key, wake)
          resolve()
        }
        function wakeIfFree() {
          client.exists(keys.lock(key)).then(
            (count) => count === 0 && wake(),
            () => {},
          )
        }
      })
    },
  }

  /** Resolves after one try; what failed is tried again until the lease has run out by itself. */
  async function release(name: string, owner: string, leaseMs: number): Promise<void> {
    try {
      await runScript(client, releaseLock, name, [owner])
    } catch {
      if (leaseMs > 0) void releaseLater(name, owner, leaseMs)
    }
  }

  async function releaseLater(name: string, owner: string, leaseMs: number) {
    await sleep(lookAgainMs, undefined, { ref: false })
    await release(name, owner, leaseMs - lookAgainMs)
  }
}

import type { RefreshLock } from './refresh-lock.js'
import type { SessionKey } from './session-store.js'

interface Holder {
  leaseEndsAt: number
}

/** The refresh lock of one process. */
export function createMemoryRefreshLock(clock: () => number = Date.now): RefreshLock {
  const holders = new Map<SessionKey, Holder>()
  const waiters = new Map<SessionKey, Set<() => void>>()

  function findHolder(key: SessionKey): Holder | undefined {
    const holder = holders.get(key)
    return holder !== undefined && holder.leaseEndsAt > clock() ? holder : undefined
  }

  return {
    async acquire(key, leaseMs) {
      if (findHolder(key) !== undefined) return undefined
      const mine: Holder = { leaseEndsAt: clock() + leaseMs }
      holders.set(key, mine)
      const isMine = () => findHolder(key) === mine
      return {
        async extend() {
          if (!isMine()) return false
          mine.leaseEndsAt = clock() + leaseMs
          return true
        },
        async release() {
          if (holders.get(key) !== mine) return
          holders.delete(key)
          for (const wake of waiters.get(key) ?? []) wake()
        },
      }
    },
    waitForRelease(key, timeoutMs) {
      const holder = findHolder(key)
      if (holder === undefined) return Promise.resolve()
      const waiting = waiters.get(key) ?? new Set()
      waiters.set(key, waiting)
      return new Promise((resolve) => {
        // A timer may come a millisecond before the clock says so, when the lease still runs.
        const leaseMs = holder.leaseEndsAt - clock() + 1
        const timer = setTimeout(wake, Math.min(timeoutMs, leaseMs))
        function wake() {
          clearTimeout(timer)
          waiting.delete(wake)
          if (waiting.size === 0 && waiters.get(key) === waiting) waiters.delete(key)
          resolve()
        }
        waiting.add(wake)
      })
    },
  }
}

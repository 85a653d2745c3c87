import { monotonicClock } from './monotonic-clock.js'
import type { RefreshLock, RefreshTrace } from './refresh-lock.js'
import type { SessionKey } from './session-store.js'

interface Holder {
  leaseEndsAt: number
}

interface Trace {
  readonly version: number
  /** Who can take it away again: nobody, once two have asked. */
  readonly by: Holder | undefined
  /** Only after a refusal. */
  readonly graceEndsAt?: number
}

/** The refresh lock of one process. It dies with its traces, so they need not expire. */
export function createMemoryRefreshLock(monotonic: () => number = monotonicClock): RefreshLock {
  const holders = new Map<SessionKey, Holder>()
  const traces = new Map<SessionKey, Trace>()
  const waiters = new Map<SessionKey, Set<() => void>>()

  function findHolder(key: SessionKey): Holder | undefined {
    const holder = holders.get(key)
    return holder !== undefined && holder.leaseEndsAt > monotonic() ? holder : undefined
  }

  function describeTrace(key: SessionKey): RefreshTrace | undefined {
    const trace = traces.get(key)
    if (trace === undefined) return undefined
    const { version, graceEndsAt } = trace
    if (graceEndsAt === undefined) return { version, kind: 'asked' }
    return { version, kind: 'refused', graceMs: Math.max(0, graceEndsAt - monotonic()) }
  }

  return {
    async acquire(key, leaseMs) {
      if (findHolder(key) !== undefined) return undefined
      const mine: Holder = { leaseEndsAt: monotonic() + leaseMs }
      holders.set(key, mine)
      const isMine = () => findHolder(key) === mine
      const extend = () => {
        if (!isMine()) return false
        mine.leaseEndsAt = monotonic() + leaseMs
        return true
      }
      const trace = describeTrace(key)
      return {
        ...(trace && { trace }),
        extend: async () => extend(),
        async ask(version) {
          const found = traces.get(key)
          const isOthers = found?.version === version && found.by !== mine
          if ((isOthers && found.graceEndsAt !== undefined) || !extend()) return false
          traces.set(key, { version, by: isOthers ? undefined : mine })
          return true
        },
        async refuse(version) {
          const found = traces.get(key)
          if (found !== undefined && (found.by === mine || found.version !== version)) return true
          if (found?.graceEndsAt === undefined) {
            traces.set(key, { version, by: undefined, graceEndsAt: monotonic() + leaseMs })
          }
          return false
        },
        async release() {
          if (traces.get(key)?.by === mine) traces.delete(key)
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
        // A timer may come a millisecond before that clock says so, when the lease still runs.
        const leaseMs = holder.leaseEndsAt - monotonic() + 1
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

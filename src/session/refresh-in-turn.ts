import type { LiveSession } from './live-session.js'
import type { RefreshLease, RefreshLock } from './refresh-lock.js'
import {
  type LockedRefresh,
  refreshLockedSession,
  type RefreshResult,
  type RefreshSessionOptions,
} from './refresh-session.js'
import type { Refresher } from './refresher.js'
import { createSlots } from './slots.js'

export interface TurnLimits {
  /** How long the refresh lock outlives a process that died with it. */
  readonly leaseMs: number
  /** How long to wait for another replica's refresh. */
  readonly waitForOtherMs: number
  /** How many refreshes run at a time in this process. */
  readonly maxConcurrent: number
}

export interface RefreshInTurnOptions extends RefreshSessionOptions {
  readonly lock: RefreshLock
  readonly limits: TurnLimits
}

export interface RefreshInTurn {
  /**
   * Refreshes the session. While another replica is at it, waits for what that one gets, and uses it.
   * Throws StoreUnavailableError.
   */
  refresh(live: LiveSession, refresher: Refresher): Promise<RefreshResult>
  /** Resolves when all new tokens are stored. Never throws. */
  written(): Promise<void>
}

/** One refresh per session over all replicas, and so many at a time in this process. */
export function createRefreshInTurn(options: RefreshInTurnOptions): RefreshInTurn {
  const { lock, loader, limits, clock } = options
  const slots = createSlots(limits.maxConcurrent)
  const writes = new Set<Promise<void>>()

  async function refresh(live: LiveSession, refresher: Refresher): Promise<RefreshResult> {
    const deadline = clock() + limits.waitForOtherMs
    for (let latest = live; ;) {
      const result = await slots.use(() => refreshIfFree(latest, refresher))
      if (result !== undefined) return result
      const remainingMs = deadline - clock()
      if (remainingMs <= 0) {
        return { kind: 'unavailable', reason: 'another replica takes too long', retryAfterMs: 1000 }
      }
      await lock.waitForRelease(live.key, remainingMs)
      const current = await loader.reload(live.ticket)
      if (current === undefined) return { kind: 'ended', reason: 'the session is gone' }
      if (clock() < current.refreshAt) return { kind: 'adopted', live: current }
      latest = current
    }
  }

  async function refreshIfFree(live: LiveSession, refresher: Refresher) {
    const lease = await lock.acquire(live.key, limits.leaseMs)
    if (lease === undefined) return undefined
    const letGo = holdLease(lease, limits.leaseMs)
    let locked: LockedRefresh
    try {
      locked = await refreshLockedSession(options, refresher, live)
    } catch (error) {
      await letGo()
      throw error
    }
    const write = locked.written.then(letGo).finally(() => writes.delete(write))
    writes.add(write)
    return locked.result
  }

  return {
    refresh,
    async written() {
      while (writes.size > 0) await Promise.all(writes)
    },
  }
}

/** Extends the lease until it is let go. */
function holdLease(lease: RefreshLease, leaseMs: number): () => Promise<void> {
  const extending = setInterval(() => void lease.extend().catch(() => false), leaseMs / 3).unref()
  return () => {
    clearInterval(extending)
    return lease.release()
  }
}

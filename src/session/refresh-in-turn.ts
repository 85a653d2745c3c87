import { holdLease } from './held-lease.js'
import type { LiveSession } from './live-session.js'
import type { RefreshLock } from './refresh-lock.js'
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
  /** For how long things take, whatever happens to the wall clock. */
  readonly monotonic: () => number
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
  const { lock, loader, limits, clock, monotonic } = options
  const slots = createSlots(limits.maxConcurrent)
  const writes = new Set<Promise<void>>()

  async function refresh(live: LiveSession, refresher: Refresher): Promise<RefreshResult> {
    let deadline: number | undefined
    for (let latest = live; ;) {
      const result = await slots.use(() => refreshIfFree(latest, refresher))
      if (result !== undefined) return result
      // Not before: waiting for one's own turn is no waiting for another.
      deadline ??= monotonic() + limits.waitForOtherMs
      await lock.waitForRelease(live.key, Math.max(0, deadline - monotonic()))
      const current = (await loader.reload(live.ticket))?.live
      if (current === undefined) return { kind: 'ended', reason: 'the session is gone' }
      if (clock() < current.refreshAt) return { kind: 'adopted', live: current }
      if (monotonic() >= deadline) {
        return { kind: 'unavailable', reason: 'another replica takes too long', retryAfterMs: 1000 }
      }
      latest = current
    }
  }

  async function refreshIfFree(live: LiveSession, refresher: Refresher) {
    const lease = await lock.acquire(live.key, limits.leaseMs)
    if (lease === undefined) return undefined
    const held = holdLease(lease, limits.leaseMs, monotonic)
    let locked: LockedRefresh | undefined
    try {
      locked = await refreshLockedSession(options, refresher, live, held)
    } catch (error) {
      await held.letGo()
      throw error
    }
    if (locked === undefined) {
      await held.letGo()
      return undefined
    }
    const write = locked.written.then(held.letGo).finally(() => writes.delete(write))
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

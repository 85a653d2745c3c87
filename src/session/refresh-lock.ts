import type { SessionKey } from './session-store.js'

/** The right to refresh one session, over all replicas, for as long as the lease runs. */
export interface RefreshLease {
  /** Starts the lease anew; false when it was lost, so that another may hold the lock by now. */
  extend(): Promise<boolean>
  /** Gives the lock up if it is still held. Never throws. */
  release(): Promise<void>
}

/** Lets one refresh of a session run at a time. Throws StoreUnavailableError like the store. */
export interface RefreshLock {
  acquire(key: SessionKey, leaseMs: number): Promise<RefreshLease | undefined>
  /** Resolves when the lock of that key may have been given up, or after `timeoutMs`. Never throws. */
  waitForRelease(key: SessionKey, timeoutMs: number): Promise<void>
}

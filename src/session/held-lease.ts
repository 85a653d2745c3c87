import type { RefreshLease } from './refresh-lock.js'

/** A refresh lock that is being held. */
export interface HeldLease {
  /**
   * Whether the lock is certainly this process's now. A process that was stopped for longer than the
   * lease finds out here; when the time is not enough to tell, the lock is asked. Throws
   * StoreUnavailableError.
   */
  isHeld(): Promise<boolean>
  /** Stops extending and gives the lock up. Never throws. */
  letGo(): Promise<void>
}

/** Extends a lease until it is let go. `askedAt` is the moment before the lock was asked for. */
export function holdLease(
  lease: RefreshLease,
  leaseMs: number,
  askedAt: number,
  clock: () => number,
): HeldLease {
  let certainUntil = askedAt + leaseMs
  const extending = setInterval(() => void extend().catch(() => false), leaseMs / 3).unref()

  async function extend(): Promise<boolean> {
    const extendedAt = clock()
    const isMine = await lease.extend()
    if (isMine) certainUntil = Math.max(certainUntil, extendedAt + leaseMs)
    return isMine
  }

  return {
    async isHeld() {
      while (clock() >= certainUntil) if (!(await extend())) return false
      return true
    },
    letGo() {
      clearInterval(extending)
      return lease.release()
    },
  }
}

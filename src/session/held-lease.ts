import type { RefreshLease, RefreshTrace } from './refresh-lock.js'

/** A refresh lock that is being held. */
export interface HeldLease {
  /** What an earlier holder left. */
  readonly trace: RefreshTrace | undefined
  /**
   * Leaves a trace that the provider is asked with the refresh token of that version; true when the lock
   * is certainly this process's then. A process that was stopped for longer than the lease finds out
   * here. Throws StoreUnavailableError.
   */
  ask(version: number): Promise<boolean>
  /** Whether the provider's refusal is final, see RefreshLease. Throws StoreUnavailableError. */
  refuse(version: number): Promise<boolean>
  /** Stops extending and gives the lock up. Never throws. */
  letGo(): Promise<void>
}

/** Extends a lease until it is let go. */
export function holdLease(
  lease: RefreshLease,
  leaseMs: number,
  monotonic: () => number,
): HeldLease {
  const extending = setInterval(() => void lease.extend().catch(() => false), leaseMs / 3).unref()

  return {
    trace: lease.trace,
    async ask(version) {
      for (;;) {
        const askedAt = monotonic()
        if (!(await lease.ask(version))) return false
        // Whoever was stopped before it heard the answer may have lost the lock since.
        if (monotonic() < askedAt + leaseMs) return true
      }
    },
    refuse: (version) => lease.refuse(version),
    letGo() {
      clearInterval(extending)
      return lease.release()
    },
  }
}

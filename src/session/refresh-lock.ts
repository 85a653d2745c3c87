import type { SessionKey } from './session-store.js'

/**
 * What a holder left who used a session's refresh token and never told what came of it: it died, was
 * stopped, or cannot reach the store. It may come back with new tokens, the only ones there are.
 */
export type RefreshTrace = {
  /** Of the session whose refresh token was used. Once the session has another, the trace is void. */
  readonly version: number
} & (
  | { readonly kind: 'asked' }
  /** The provider has refused that refresh token since; `graceMs` is what the holder has yet, or 0. */
  | { readonly kind: 'refused'; readonly graceMs: number }
)

/** The right to refresh one session, over all replicas, for as long as the lease runs. */
export interface RefreshLease {
  /** What was there when the lock was taken. */
  readonly trace?: RefreshTrace
  /** Starts the lease anew; false when it was lost, so that another may hold the lock by now. */
  extend(): Promise<boolean>
  /**
   * As `extend`, and leaves a trace that the provider is asked with the refresh token of that version.
   * False as well when that refresh token was refused meanwhile.
   */
  ask(version: number): Promise<boolean>
  /**
   * Whether the provider's refusal after `ask` is its last word: nobody else can have got tokens with
   * that refresh token. Else it is noted in the trace, with a grace of one lease from the first one.
   */
  refuse(version: number): Promise<boolean>
  /** Gives the lock up if it is still held, and takes the own trace away. Never throws. */
  release(): Promise<void>
}

/** Lets one refresh of a session run at a time. Throws StoreUnavailableError like the store. */
export interface RefreshLock {
  acquire(key: SessionKey, leaseMs: number): Promise<RefreshLease | undefined>
  /** Resolves when the lock of that key may have been given up, or after `timeoutMs`. Never throws. */
  waitForRelease(key: SessionKey, timeoutMs: number): Promise<void>
}

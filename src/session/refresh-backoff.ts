import type { SessionKey } from './session-store.js'

/**
 * Remembers for which sessions a refresh failed, and until when it shall not be tried again. `now` is of a monotonic
 * clock: one that is set back would hold a session off until it has caught up.
 */
export interface RefreshBackoff {
  /** How long to hold off yet; 0 when a refresh may be tried. */
  remainingMs(key: SessionKey, now: number): number
  /** Holds off for `retryAfterMs` if given, else twice as long as the last time. Returns for how long. */
  fail(key: SessionKey, now: number, retryAfterMs?: number): number
  succeed(key: SessionKey): void
}

/** A provider that asks for more is asked again all the same: people are waiting. */
const maxRetryAfterMs = 300_000

/** `firstMs` after a first failure, doubling up to `maxMs`. */
export function createRefreshBackoff(firstMs: number, maxMs: number): RefreshBackoff {
  const failed = new Map<SessionKey, { failures: number; retryAt: number }>()
  let lastPurgedAt = 0

  /** Sessions that ended while they were held off would else be remembered for ever. */
  function purge(now: number) {
    if (now - lastPurgedAt < maxMs) return
    lastPurgedAt = now
    for (const [key, { retryAt }] of failed) if (now - retryAt > maxMs) failed.delete(key)
  }

  function holdOff(key: SessionKey, now: number, failures: number, holdOffMs: number) {
    failed.set(key, { failures, retryAt: now + holdOffMs })
    return holdOffMs
  }

  return {
    remainingMs: (key, now) => Math.max(0, (failed.get(key)?.retryAt ?? 0) - now),
    fail(key, now, retryAfterMs) {
      purge(now)
      const failures = failed.get(key)?.failures ?? 0
      if (retryAfterMs === undefined) {
        return holdOff(key, now, failures + 1, Math.min(firstMs * 2 ** failures, maxMs))
      }
      return holdOff(key, now, failures, Math.min(retryAfterMs, maxRetryAfterMs))
    },
    succeed: (key) => void failed.delete(key),
  }
}

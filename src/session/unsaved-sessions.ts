import { setTimeout as sleep } from 'node:timers/promises'
import type { LiveSession } from './live-session.js'
import { type SessionKey, StoreUnavailableError } from './session-store.js'

/**
 * Refreshed sessions that the store would not take. The provider has replaced the old refresh token by
 * then, so these are the only copies: they are kept until they are written or have become pointless.
 */
export interface UnsavedSessions {
  /**
   * Keeps `live`, whose `version` is the one it replaces, and tries `write` until that is over; then
   * resolves. Never throws.
   */
  keep(live: LiveSession, write: () => Promise<unknown>): Promise<void>
  /** The kept session in place of the older one that it is based on, else what was given. */
  overlay(live: LiveSession): LiveSession
  /** Gives up: what is still kept is lost. */
  stop(): void
}

const firstRetryMs = 50
const maxRetryMs = 1000

export function createUnsavedSessions(clock: () => number): UnsavedSessions {
  const kept = new Map<SessionKey, LiveSession>()
  const stopping = new AbortController()

  async function keep(live: LiveSession, write: () => Promise<unknown>): Promise<void> {
    kept.set(live.key, live)
    let delayMs = firstRetryMs
    while (kept.get(live.key) === live && clock() < live.session.endsAt) {
      await sleep(delayMs, undefined, stopping).catch(() => kept.delete(live.key))
      delayMs = Math.min(delayMs * 2, maxRetryMs)
      if (await isSettled(write)) break
    }
    if (kept.get(live.key) === live) kept.delete(live.key)
  }

  return {
    keep,
    overlay(live) {
      const newer = kept.get(live.key)
      if (newer === undefined || newer.version !== live.version) return live
      // Only the tokens are newer; what the store says of its times holds.
      return { ...live, session: newer.session, refreshAt: newer.refreshAt }
    },
    stop: () => stopping.abort(),
  }
}

/**
 * A conflict is either our own first attempt, whose answer was lost, or someone's newer write. Absent
 * is a logout. In each case the store knows better than this process.
 */
async function isSettled(write: () => Promise<unknown>): Promise<boolean> {
  try {
    await write()
    return true
  } catch (error) {
    return !(error instanceof StoreUnavailableError)
  }
}

import { setTimeout as sleep } from 'node:timers/promises'
import type { OpenedSession } from './live-session.js'
import { type SessionKey, StoreUnavailableError } from './session-store.js'

/**
 * Refreshed sessions that the store would not take. The provider has replaced the old refresh token by
 * then, so these are the only copies: they are kept until they are written or have become pointless.
 */
export interface UnsavedSessions {
  /**
   * Keeps a session whose `version` is the one it replaces, and tries `write` until that is over; then
   * resolves. Never throws.
   */
  keep(opened: OpenedSession, write: () => Promise<unknown>): Promise<void>
  /** The kept session in place of the older one that it is based on, else what was given. */
  overlay(opened: OpenedSession): OpenedSession
  /** Gives up: what is still kept is lost. */
  stop(): void
}

const firstRetryMs = 50
const maxRetryMs = 1000

export function createUnsavedSessions(clock: () => number): UnsavedSessions {
  const kept = new Map<SessionKey, OpenedSession>()
  const stopping = new AbortController()

  async function keep(opened: OpenedSession, write: () => Promise<unknown>): Promise<void> {
    const { key, session } = opened.live
    kept.set(key, opened)
    let delayMs = firstRetryMs
    while (kept.get(key) === opened && clock() < session.endsAt) {
      await sleep(delayMs, undefined, stopping).catch(() => kept.delete(key))
      delayMs = Math.min(delayMs * 2, maxRetryMs)
      if (await isSettled(write)) break
    }
    if (kept.get(key) === opened) kept.delete(key)
  }

  return {
    keep,
    overlay(opened) {
      const { live } = opened
      const newer = kept.get(live.key)
      if (newer === undefined || newer.live.version !== live.version) return opened
      const { session, refreshAt } = newer.live
      // Only the tokens are newer; what the store says of its times holds.
      return { live: { ...live, session, refreshAt }, record: newer.record }
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

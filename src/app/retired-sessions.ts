import type { LiveSession, Sessions } from '../session/sessions.js'

/** Sessions in whose place the same browser has a newer one. */
export interface RetiredSessions {
  /**
   * Ends the session that a new login replaces: at once when somebody else signed in, shortly after when
   * it is the same person, whose other tabs must not notice. Never throws: failing to is no reason to
   * fail the login.
   */
  retire(previous: LiveSession, successor: LiveSession): Promise<void>
  /** Ends those that still wait for it. Never throws. */
  close(): Promise<void>
}

/** Requests of another tab may still be on their way with the old ticket. */
const retirementMs = 10_000

export function createRetiredSessions(sessions: Pick<Sessions, 'destroy'>): RetiredSessions {
  const waiting = new Map<LiveSession, NodeJS.Timeout>()

  async function end(live: LiveSession): Promise<void> {
    clearTimeout(waiting.get(live))
    waiting.delete(live)
    await sessions.destroy(live).catch(() => undefined)
  }

  return {
    async retire(previous, successor) {
      const [before, after] = [previous.session.identity, successor.session.identity]
      if (before.issuer !== after.issuer || before.sub !== after.sub) return end(previous)
      waiting.set(
        previous,
        setTimeout(() => void end(previous), retirementMs),
      )
    },
    async close() {
      await Promise.all(Array.from(waiting.keys(), end))
    },
  }
}

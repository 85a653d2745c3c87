import type { Logger } from 'pino'
import type { LiveSession, Sessions } from '../session/sessions.js'

/**
 * Ends the session that a new login of the same browser replaces: at once when somebody else signed in,
 * shortly after when it is the same person, whose other tabs must not notice. The store keeps that end,
 * so that it needs no process to come about. Never throws: failing to is logged, and is no reason to fail
 * the login.
 */
export type RetireSession = (previous: LiveSession, successor: LiveSession) => Promise<void>

/** Requests of another tab may still be on their way with the old ticket. */
const retirementMs = 10_000

export function createRetiredSessions(options: {
  readonly sessions: Pick<Sessions, 'destroy' | 'retire'>
  readonly logger: Pick<Logger, 'warn'>
  readonly clock: () => number
}): RetireSession {
  const { sessions, logger, clock } = options

  return async function retireSession(previous, successor) {
    const [before, after] = [previous.session.identity, successor.session.identity]
    const isSamePerson = before.issuer === after.issuer && before.sub === after.sub
    try {
      if (isSamePerson) await sessions.retire(previous, clock() + retirementMs)
      else await sessions.destroy(previous)
    } catch (error) {
      logger.warn({ session: previous.key, err: error }, 'replaced session not ended')
    }
  }
}

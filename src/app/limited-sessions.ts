import type { Logger } from 'pino'
import { createSessionLimit } from '../session/session-limit.js'
import type { LiveSession, Sessions } from '../session/sessions.js'
import type { Metrics } from '../telemetry/metrics.js'

/**
 * Ends the oldest sessions of a person who has more than are configured. Never throws: failing to is
 * logged, and is no reason to fail the login; the next one makes up for it.
 */
export type LimitSessions = (live: LiveSession) => Promise<void>

export function createLimitedSessions(options: {
  readonly sessions: Sessions
  /** Undefined: there is no limit. */
  readonly maxPerUser: number | undefined
  readonly metrics: Metrics
  readonly logger: Logger
}): LimitSessions {
  const { sessions, maxPerUser, metrics, logger } = options
  if (maxPerUser === undefined) return async () => undefined
  const limit = createSessionLimit(sessions, maxPerUser)

  return async function limitSessions(live) {
    const about = { session: live.key, sub: live.session.identity.sub }
    try {
      const ended = await limit.enforce(live)
      if (ended === 0) return
      for (let each = 0; each < ended; each++) metrics.sessionEnded('too_many')
      logger.info({ ...about, ended }, 'oldest sessions ended')
    } catch (error) {
      logger.warn({ ...about, err: error }, 'sessions of a person not limited')
    }
  }
}

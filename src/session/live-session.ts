import { holdSession } from './hold-session.js'
import type { Session, SessionRecord } from './session.js'
import { refreshAt, sessionExpiresAt } from './session-lifetime.js'
import type { SessionKey } from './session-store.js'
import type { Ticket } from './ticket.js'

/** A session that was found and opened, as it was at that moment. Instants are epoch milliseconds. */
export interface LiveSession {
  readonly key: SessionKey
  readonly ticket: Ticket
  readonly session: Session
  readonly lastActiveAt: number
  readonly version: number
  /** When it ends if there is no more activity. */
  readonly expiresAt: number
  /** When it ends at the latest, because a newer session takes its place. */
  readonly retiresAt?: number
  /** From when on `freshen` has something to do; infinite without a refresh token. */
  readonly refreshAt: number
}

/** A session with its record, for what changes or ends it. */
export interface OpenedSession {
  readonly live: LiveSession
  readonly record: SessionRecord
}

export interface SessionTimes {
  readonly inactivityTimeoutMs: number
  readonly refreshAheadMs: number
}

export function createLiveSession(
  times: SessionTimes,
  ticket: Ticket,
  record: SessionRecord,
  stored: Pick<LiveSession, 'version' | 'lastActiveAt' | 'retiresAt'>,
): LiveSession {
  const { version, lastActiveAt, retiresAt } = stored
  const session = holdSession(record)
  const expiresAt = sessionExpiresAt(session, lastActiveAt, times.inactivityTimeoutMs)
  return {
    key: ticket.key,
    ticket,
    session,
    lastActiveAt,
    version,
    expiresAt: Math.min(expiresAt, retiresAt ?? expiresAt),
    ...(retiresAt === undefined ? {} : { retiresAt }),
    refreshAt: refreshAt(session, ticket.key, times.refreshAheadMs),
  }
}

/** Whether the access token can still be sent to an upstream. */
export function isAccessTokenValid({ session: { tokens } }: LiveSession, now: number): boolean {
  if (!tokens.isRefreshable && tokens.accessTokenExpiryAssumed) return true
  return now < tokens.accessTokenExpiresAt
}

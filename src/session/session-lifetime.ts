import type { Session } from './session.js'
import type { SessionKey } from './session-store.js'

/**
 * When a session ends if nothing more happens: after the inactivity timeout, at the end of its lifetime,
 * or, since nothing can renew it, with the access token when there is no refresh token. An expiry that
 * was only assumed ends nothing.
 *
 * The last activity is written at most every `touchIntervalMs`, so inactivity counts from up to that
 * much before the last request: a session may end 5 % of the timeout early, never late.
 */
export function sessionExpiresAt(
  session: Session,
  lastActiveAt: number,
  inactivityTimeoutMs: number,
): number {
  return Math.min(lastActiveAt + inactivityTimeoutMs, session.endsAt, tokensEndAt(session))
}

function tokensEndAt({ tokens }: Session): number {
  const endless = tokens.isRefreshable || tokens.accessTokenExpiryAssumed
  return endless ? Number.POSITIVE_INFINITY : tokens.accessTokenExpiresAt
}

/**
 * When the access token is due for a refresh; never without a refresh token. That is `refreshAheadMs`
 * before its expiry, or a tenth of its lifetime if that is less. Up to half of that is taken off again,
 * always the same for one session, so that sessions that began together are not refreshed together.
 */
export function refreshAt(session: Session, key: SessionKey, refreshAheadMs: number): number {
  const { isRefreshable, accessTokenExpiresAt, accessTokenIssuedAt } = session.tokens
  if (!isRefreshable) return Number.POSITIVE_INFINITY
  const lifetimeMs = Math.max(0, accessTokenExpiresAt - accessTokenIssuedAt)
  const aheadMs = Math.min(refreshAheadMs, lifetimeMs / 10)
  return Math.ceil(accessTokenExpiresAt - aheadMs * (1 - spreadOf(key) / 2))
}

/** Whether the last activity is old enough to be written again. */
export function shouldTouch(
  lastActiveAt: number,
  now: number,
  inactivityTimeoutMs: number,
): boolean {
  return now - lastActiveAt >= touchIntervalMs(inactivityTimeoutMs)
}

/** A twentieth of the timeout between one second and one minute, and never more than half of it. */
function touchIntervalMs(inactivityTimeoutMs: number): number {
  const wanted = Math.min(60_000, Math.max(1000, inactivityTimeoutMs / 20))
  return Math.min(wanted, inactivityTimeoutMs / 2)
}

/** A number in [0, 1) that follows from the key; keys are hashes, so it is evenly spread. */
function spreadOf(key: SessionKey): number {
  return Buffer.from(key.slice(0, 8), 'base64url').readUInt32BE(0) / 2 ** 32
}

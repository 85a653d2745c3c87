import { parseJsonObject } from '../json-object.js'
import type { Tokens } from '../session/session.js'
import { instantOf } from './id-token.js'

const longestMs = 365 * 86_400_000

type Expiry = Pick<Tokens, 'accessTokenExpiresAt' | 'accessTokenExpiryAssumed'>

/**
 * When an access token should be taken for expired: `expires_in` tells, else the `exp` of a JWT, else
 * it is assumed. It times the refresh and proves nothing: the access token belongs to the upstream.
 */
export function accessTokenExpiry(
  accessToken: string,
  options: {
    readonly expiresInSeconds: number | undefined
    readonly defaultLifetimeMs: number
    readonly now: number
  },
): Expiry {
  const { expiresInSeconds, defaultLifetimeMs, now } = options
  // Zero would mean a refresh for each request.
  const announcedMs = expiresInSeconds ? expiresInSeconds * 1000 : undefined
  const toldMs = announcedMs ?? jwtLifetimeMs(accessToken, now)
  const lifetimeMs = Math.min(Math.floor(toldMs ?? defaultLifetimeMs), longestMs)
  return {
    accessTokenExpiresAt: now + lifetimeMs,
    accessTokenExpiryAssumed: toldMs === undefined,
  }
}

function jwtLifetimeMs(token: string, now: number): number | undefined {
  const parts = token.split('.')
  if (parts.length !== 3) return undefined
  const payload = Buffer.from(parts[1] ?? '', 'base64url').toString()
  const expiresAt = instantOf(parseJsonObject(payload)?.['exp'])
  return expiresAt !== undefined && expiresAt > now ? expiresAt - now : undefined
}

import type { TokenTarget } from '../config/schema.js'
import type { Identity, SentToken } from '../session/session.js'
import type { Admission } from './verdict.js'

/** Whose access token is exchanged. */
export interface TokenHolder {
  /** Names the session or the token without telling it. */
  readonly key: string
  /** The provider that the token is of. */
  readonly identity: Pick<Identity, 'providerId' | 'issuer'>
  readonly tokens: SentToken
}

/** Why there is no token for an upstream. */
export interface UpstreamTokenRefusal {
  readonly code:
    'ERR_UPSTREAM_TOKEN' | 'ERR_UPSTREAM_TOKEN_DENIED' | 'ERR_UPSTREAM_TOKEN_UNAVAILABLE'
  /** For the log. */
  readonly reason: string
  readonly retryAfterMs: number | undefined
}

/** What has access tokens exchanged for ones that are meant for an upstream. */
export interface UpstreamTokens {
  /** The token, if it takes no call: the way of a warm request. */
  known(holder: TokenHolder, target: TokenTarget, now: number): SentToken | undefined
  obtain(
    holder: TokenHolder,
    target: TokenTarget,
    now: number,
  ): Promise<
    | { readonly kind: 'token'; readonly token: SentToken }
    | ({ readonly kind: 'refused' } & UpstreamTokenRefusal)
  >
  /** Forgets the tokens of a holder that is gone. */
  forget(key: string): void
}

/** Whose token is to be exchanged for a request; undefined where the upstream gets the caller's own, or none. */
export function tokenHolderOf({
  live,
  bearer,
  route,
}: Pick<Admission, 'live' | 'bearer'> & {
  readonly route: Pick<Admission['route'], 'config'>
}): TokenHolder | undefined {
  if (route.config.forward.tokenExchange === undefined) return undefined
  if (live !== undefined) {
    const { identity, tokens } = live.session
    return { key: live.key, identity, tokens }
  }
  if (bearer === undefined) return undefined
  // Two routes may take one token as that of two clients of its issuer, and what each gets for it is its own.
  return { ...bearer, key: `${bearer.key} ${bearer.identity.providerId}` }
}

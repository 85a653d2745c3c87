import type { TokenTarget } from '../config/schema.js'
import type { Identity, SentToken } from './session.js'

/** Whose access token is exchanged: a session's, or a client's. */
export interface TokenHolder {
  /** Names the session or the token without telling it. */
  readonly key: string
  /** The provider that the token is of. */
  readonly identity: Pick<Identity, 'providerId' | 'issuer'>
  readonly tokens: SentToken
}

/** Why there is no token for an upstream; the same for as long as nobody asks again. */
export interface UpstreamTokenRefusal {
  readonly code:
    'ERR_UPSTREAM_TOKEN' | 'ERR_UPSTREAM_TOKEN_DENIED' | 'ERR_UPSTREAM_TOKEN_UNAVAILABLE'
  /** For the log. */
  readonly reason: string
  readonly retryAfterMs: number | undefined
}

export type UpstreamTokenVerdict =
  | { readonly kind: 'token'; readonly token: SentToken }
  | ({ readonly kind: 'refused' } & UpstreamTokenRefusal)

/** The tokens that upstreams get in the place of the caller's own, in the memory of this process. */
export interface UpstreamTokens {
  /**
   * The token for an upstream, if it takes no call: the way of a warm request. One that is soon due is renewed in the
   * background.
   */
  known(holder: TokenHolder, target: TokenTarget, now: number): SentToken | undefined
  /** The same with a call, which everybody shares who asks meanwhile. Never gives any other token. */
  obtain(holder: TokenHolder, target: TokenTarget, now: number): Promise<UpstreamTokenVerdict>
  /** Whether there are tokens of that holder, or are about to be. */
  holds(key: string): boolean
  /** Forgets the tokens of a holder that is gone. */
  forget(key: string): void
}

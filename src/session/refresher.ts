import type { Identity, SessionRecord, Tokens } from './session.js'

/** What came of asking the provider for new tokens. */
export type RefreshOutcome =
  /** New tokens; `identity` only when the response proved one (an ID token or userinfo). */
  | { readonly kind: 'refreshed'; readonly tokens: Tokens; readonly identity?: Identity }
  /** `invalid_grant`, or an answer that contradicts the session (another `sub`): the session ends. */
  | { readonly kind: 'rejected'; readonly reason: string }
  /** Anything that may pass: network, 429, 5xx, timeout, a rejected client. The session stays. */
  | { readonly kind: 'unavailable'; readonly reason: string; readonly retryAfterMs?: number }

/** Buys new tokens with the session's refresh token. Never throws. */
export type Refresher = (record: SessionRecord, now: number) => Promise<RefreshOutcome>

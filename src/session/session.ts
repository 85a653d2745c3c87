import type { DemandedClaims } from './demanded-claims.js'
import type { DpopKey } from './dpop-key.js'

/** Tokens of one sign-in. They never leave the server but for the access token, which goes upstream. */
export interface Tokens {
  readonly accessToken: string
  /** Epoch milliseconds, from `expires_in` or what stands in for it; drives the refresh only. */
  readonly accessTokenExpiresAt: number
  /** True when nothing told the expiry: then it only times the refresh and ends nothing. */
  readonly accessTokenExpiryAssumed?: boolean
  /** When this access token was issued; epoch milliseconds. */
  readonly accessTokenIssuedAt: number
  readonly refreshToken?: string
  /** The latest ID token as the provider sent it, for `id_token_hint`. */
  readonly idToken: string
  readonly scope?: string
  /** What they are bound to; without one they are bearer tokens. */
  readonly dpopKey?: DpopKey
}

/** An access token as it was issued, with the key that it is bound to. */
export type IssuedToken = Pick<Tokens, 'accessToken' | 'dpopKey'>

/** The same as an upstream gets it. */
export interface SentToken extends IssuedToken {
  /** `Bearer <access token>`, where that is at hand. */
  readonly bearer?: string
}

/** Who is signed in, as verified from the ID token and userinfo. `issuer` with `sub` is the user's key. */
export interface Identity {
  readonly providerId: string
  readonly issuer: string
  readonly sub: string
  /** The provider's session id, when it sends one. */
  readonly sid?: string
  /** When the person authenticated at the provider; epoch milliseconds. */
  readonly authenticatedAt?: number
  /** ID token claims with userinfo merged in. */
  readonly claims: Readonly<Record<string, unknown>>
}

/**
 * One person's sign-in, as it is sealed in the store. Instants are epoch milliseconds.
 *
 * The last activity is no part of it: it changes on its own schedule and is stored beside the sealed record.
 */
export interface SessionRecord {
  readonly schema: 1
  readonly identity: Identity
  readonly tokens: Tokens
  readonly createdAt: number
  /** The end of the lifetime, whatever happens; a refresh never moves it. */
  readonly endsAt: number
  /** The key of the session that this one takes the place of in its browser. */
  readonly replaces?: string
  /** What the login asked of the provider beyond a plain one, and for how many times in a row it did. */
  readonly stepUp?: {
    readonly acrValues?: readonly string[]
    readonly maxAgeMs?: number
    readonly claims?: DemandedClaims
    readonly attempt: number
  }
}

/** What requests need of the tokens. */
export interface HeldTokens extends SentToken {
  readonly bearer: string
  readonly accessTokenExpiresAt: number
  readonly accessTokenExpiryAssumed: boolean
  readonly accessTokenIssuedAt: number
  /** Whether there is a refresh token. */
  readonly isRefreshable: boolean
}

/**
 * A sign-in as a process holds it for requests. Without the refresh token and the ID token: what needs them asks the
 * store for the record, whose tokens may be newer, and a process that has thousands of sessions takes half the memory.
 */
export interface Session extends Omit<SessionRecord, 'tokens'> {
  readonly tokens: HeldTokens
}

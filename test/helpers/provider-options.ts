import type { ClientMetadata } from 'oidc-provider'
import type { ProviderTls } from './provider-mtls.js'

/** What a TestProvider does and offers; nothing special without them. */
export interface TestProviderOptions {
  /** What the client may use; both lists can grow later, see `redirectUris`. */
  readonly redirectUris?: readonly string[]
  readonly postLogoutRedirectUris?: readonly string[]
  readonly accessTokenTtlSeconds?: number
  readonly idTokenTtlSeconds?: number
  /** The host name of the issuer; it listens on 127.0.0.1 in any case. Default 127.0.0.1. */
  readonly hostname?: string
  /** True: the ID token carries `sub` only, all else is at userinfo. Default false: everything in it. */
  readonly thinIdToken?: boolean
  /** Default true: each refresh gives a new refresh token, and reuse revokes the grant. */
  readonly rotateRefreshTokens?: boolean
  /** True: tokens can be revoked (RFC 7009). */
  readonly revocation?: boolean
  /** Whether authorization requests may be pushed (RFC 9126), or must be. */
  readonly pushedRequests?: 'offered' | 'required'
  /** Whether authorization requests may be signed (RFC 9101), or must be. */
  readonly signedRequests?: 'offered' | 'required'
  /** True: the authorization response can be a JWT (JARM). */
  readonly responseTokens?: boolean
  /** True: an essential `acr` in the `claims` parameter counts as much as `acr_values`. */
  readonly claimsParameter?: boolean
  /** Identifiers of APIs (RFC 8707); their access tokens are JWTs (RFC 9068) with all of a person's claims. */
  readonly apis?: readonly string[]
  /** Tokens are bound to keys where that is asked for (RFC 9449): `nonces` refuses proofs without one. */
  readonly dpop?: 'plain' | 'nonces'
  /** True: tells of access tokens (RFC 7662), and those of the `apis` are opaque. `signed`: as a JWT (RFC 9701). */
  readonly introspection?: boolean | 'signed'
  /** With it, it also listens with TLS, asks for client certificates there, and announces `mtls_endpoint_aliases`. */
  readonly tls?: ProviderTls
  /** It holds clients to FAPI 2.0, and can sign with ES256 as well. */
  readonly fapi?: boolean
  /** How long tokens for one of the `apis` live that an access token was exchanged for; without it there are none. */
  readonly exchangedTokenTtlSeconds?: number
  /** Another client, with the same secret. */
  readonly secondClientId?: string
  /** Registered for the client `app`, over the defaults. */
  readonly client?: Partial<ClientMetadata>
}

import { CodedError } from '../errors.js'

export type OidcErrorCode =
  /** Network, timeout, 429, 5xx, or not discovered yet: it may pass. */
  | 'ERR_PROVIDER_UNAVAILABLE'
  /** A token names a key that was not among those fetched a moment ago; a new one may not be there yet. */
  | 'ERR_PROVIDER_UNAVAILABLE_KEY'
  /** The settings of the provider cannot work, whatever it answers. */
  | 'ERR_PROVIDER_CONFIGURATION'
  /** The metadata cannot be used. */
  | 'ERR_PROVIDER_METADATA'
  /** The metadata is that of another issuer. */
  | 'ERR_PROVIDER_ISSUER'
  /** The JWKS cannot be used. */
  | 'ERR_PROVIDER_KEYS'
  /** The provider does not accept the client: wrong id, secret or grant. */
  | 'ERR_PROVIDER_REJECTED_CLIENT'
  /** The provider does not accept what is asked of it: a scope, a resource, another parameter. */
  | 'ERR_PROVIDER_REJECTED_REQUEST'
  /** The answer to a pushed authorization request cannot be used. */
  | 'ERR_PROVIDER_PUSHED_REQUEST'
  /** A parameter of the start URL may not be passed on as it is. */
  | 'ERR_REQUEST_PARAMETER'
  /** A parameter of the authorization response is missing or there twice. */
  | 'ERR_CALLBACK_PARAMETERS'
  /** The JWT that holds the authorization response must not be believed. */
  | 'ERR_CALLBACK_RESPONSE'
  | 'ERR_CALLBACK_STATE_MISMATCH'
  | 'ERR_CALLBACK_ISSUER_MISMATCH'
  /** The settings have given the id of the provider to another issuer since the login began. */
  | 'ERR_CALLBACK_ISSUER_CHANGED'
  /** `error=access_denied`: the person or the provider said no. */
  | 'ERR_CALLBACK_DENIED'
  /** `error=unmet_authentication_requirements`: the provider cannot give what `acr_values` asks for. */
  | 'ERR_CALLBACK_UNMET'
  /** The provider would have to ask the person something, and was told or chose not to. */
  | 'ERR_CALLBACK_INTERACTION'
  /** Any other `error`; `providerError` tells which. */
  | 'ERR_CALLBACK_ERROR'
  /** The authorization code is expired, used, or not of this client. */
  | 'ERR_CALLBACK_CODE_REJECTED'
  /** The token endpoint answered something else than tokens; `providerError` may tell why. */
  | 'ERR_TOKEN_RESPONSE'
  /** The provider gave no token for an upstream, or not the one that it was asked for. */
  | 'ERR_UPSTREAM_TOKEN'
  /** It will not give one for that upstream: `invalid_target`, `access_denied`. */
  | 'ERR_UPSTREAM_TOKEN_DENIED'
  | 'ERR_ID_TOKEN_MISSING'
  | 'ERR_ID_TOKEN_MALFORMED'
  | 'ERR_ID_TOKEN_ENCRYPTED'
  | 'ERR_ID_TOKEN_TYPE'
  | 'ERR_ID_TOKEN_ALGORITHM'
  | 'ERR_ID_TOKEN_CRITICAL_HEADER'
  /** No key of the provider fits. */
  | 'ERR_ID_TOKEN_KEY'
  | 'ERR_ID_TOKEN_SIGNATURE'
  | 'ERR_ID_TOKEN_ISSUER'
  | 'ERR_ID_TOKEN_AUDIENCE'
  | 'ERR_ID_TOKEN_AUTHORIZED_PARTY'
  | 'ERR_ID_TOKEN_SUBJECT'
  | 'ERR_ID_TOKEN_EXPIRED'
  | 'ERR_ID_TOKEN_NOT_YET_VALID'
  | 'ERR_ID_TOKEN_ISSUED_AT'
  | 'ERR_ID_TOKEN_NONCE'
  | 'ERR_ID_TOKEN_ACR'
  | 'ERR_ID_TOKEN_AUTHENTICATION_TIME'
  | 'ERR_ID_TOKEN_ACCESS_TOKEN_HASH'
  /** A claim has none of the values that the settings ask for. */
  | 'ERR_ID_TOKEN_CLAIM'
  /** A refreshed ID token contradicts the one of the login. */
  | 'ERR_ID_TOKEN_CHANGED'
  /** A logout token that must not be obeyed. */
  | 'ERR_LOGOUT_TOKEN'
  /** An access token that a client presents and that must not be accepted. */
  | 'ERR_BEARER_TOKEN'
  /** The introspection endpoint answered something else than whether a token is active. */
  | 'ERR_PROVIDER_INTROSPECTION'
  /** The groups that a token leaves out cannot be had. */
  | 'ERR_PROVIDER_GROUPS'
  | 'ERR_PROVIDER_USERINFO'
  | 'ERR_PROVIDER_USERINFO_SUBJECT'

export interface OidcErrorOptions extends ErrorOptions {
  readonly providerError?: string | undefined
  readonly retryAfterMs?: number | undefined
}

/** What can go wrong between Valetkey and a provider. Messages never hold a token, code or secret. */
export class OidcError extends CodedError<OidcErrorCode> {
  /** The provider's own `error` code, at most 64 visible ASCII characters. */
  readonly providerError: string | undefined
  /** How long the provider asked to be left alone. */
  readonly retryAfterMs: number | undefined

  constructor(code: OidcErrorCode, message: string, options?: OidcErrorOptions) {
    super(code, message, options)
    this.providerError = options?.providerError
    this.retryAfterMs = options?.retryAfterMs
  }
}

/** Reads an OAuth `error` code (RFC 6749 §5.2); undefined for anything that is none. */
export function parseProviderError(value: unknown): string | undefined {
  return typeof value === 'string' && /^[\x21\x23-\x5b\x5d-\x7e]{1,64}$/.test(value)
    ? value
    : undefined
}

/** The error of ours in a chain of causes, as where openid-client wrapped it. */
export function oidcErrorIn(error: unknown): OidcError | undefined {
  if (error instanceof OidcError) return error
  return error instanceof Error && error.cause !== undefined ? oidcErrorIn(error.cause) : undefined
}

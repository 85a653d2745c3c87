import type { TokenEndpointResponse } from 'openid-client'
import { parseJsonObject } from '../json-object.js'
import type { DpopKey } from '../session/dpop-key.js'
import type { Tokens } from '../session/session.js'
import { accessTokenExpiry } from './access-token-expiry.js'
import type { Received } from './authenticated-send.js'
import { objectionOf } from './client-objection.js'
import { OidcError, oidcErrorIn } from './errors.js'
import { refusalIn } from './refusal.js'

const optionalTexts = new Set(['refresh_token', 'id_token', 'scope'])

/**
 * Drops what is unusable among the optional members of a token response, so that a strange
 * `expires_in` does not cost the tokens beside it (RFC 6749 §5.1). Other texts stay as they are.
 */
export function tolerateTokenResponse(body: string): string {
  const members = parseJsonObject(body)
  if (members === undefined) return body
  const kept = Object.entries(members).filter(([name, value]) => {
    if (name === 'expires_in') return isLifetime(value)
    return !optionalTexts.has(name) || (typeof value === 'string' && value !== '')
  })
  return JSON.stringify(Object.fromEntries(kept))
}

function isLifetime(value: unknown): boolean {
  return typeof value === 'string'
    ? /^[0-9]+$/.test(value)
    : typeof value === 'number' && Number.isFinite(value) && value >= 0
}

/**
 * The tokens of a response, with those that it left out from before. Throws OidcError
 * ERR_TOKEN_RESPONSE for an access token that is bound to no key although there is one, or bound to what
 * nobody knows (RFC 9449 §5).
 */
export function tokensFrom(
  response: TokenEndpointResponse,
  options: {
    readonly idToken: string
    readonly previous?: Tokens
    /** What the tokens were asked to be bound to. */
    readonly dpopKey: DpopKey | undefined
    readonly defaultLifetimeMs: number
    readonly now: number
  },
): Tokens {
  const { idToken, previous, dpopKey, defaultLifetimeMs, now } = options
  const accessToken = accessTokenOf(response, dpopKey === undefined ? 'Bearer' : 'DPoP')
  const refreshToken = response.refresh_token ?? previous?.refreshToken
  const scope = response.scope ?? previous?.scope
  return {
    accessToken,
    ...accessTokenExpiry(accessToken, {
      expiresInSeconds: response.expires_in,
      defaultLifetimeMs,
      now,
    }),
    accessTokenIssuedAt: now,
    idToken,
    ...(refreshToken === undefined ? {} : { refreshToken }),
    ...(scope === undefined ? {} : { scope }),
    ...(dpopKey === undefined ? {} : { dpopKey }),
  }
}

/** The access token of a response. Throws OidcError ERR_TOKEN_RESPONSE for one that is of another type. */
export function accessTokenOf(response: TokenEndpointResponse, type: 'Bearer' | 'DPoP'): string {
  // openid-client has made it lower case.
  if (response.token_type !== type.toLowerCase()) {
    throw new OidcError('ERR_TOKEN_RESPONSE', `"token_type" is not ${type}`)
  }
  // It will stand in a header.
  if (!/^[\x21-\x7e]+$/.test(response.access_token)) {
    throw new OidcError('ERR_TOKEN_RESPONSE', '"access_token" has characters that no token has')
  }
  return response.access_token
}

/**
 * Says what a failed call to the token endpoint means: ERR_CALLBACK_CODE_REJECTED for `invalid_grant`,
 * ERR_PROVIDER_REJECTED_CLIENT, ERR_PROVIDER_REJECTED_REQUEST for a resource that it does not know,
 * ERR_PROVIDER_UNAVAILABLE for what may pass, else ERR_TOKEN_RESPONSE.
 */
export function tokenEndpointError(received: Received | undefined, cause: unknown): OidcError {
  const known = oidcErrorIn(cause)
  if (known !== undefined) return known
  const objection = objectionOf(cause)
  if (received === undefined) {
    return new OidcError('ERR_TOKEN_RESPONSE', `the token request failed: ${objection}`)
  }
  const { providerError, retryAfterMs, isTemporary } = refusalIn(received)
  const answer = `the token endpoint answered ${received.status}: ${providerError ?? objection}`
  const options = { providerError, retryAfterMs }
  if (isTemporary) {
    return new OidcError('ERR_PROVIDER_UNAVAILABLE', answer, options)
  }
  if (providerError === 'invalid_grant') {
    return new OidcError('ERR_CALLBACK_CODE_REJECTED', answer, options)
  }
  if (providerError === 'invalid_client' || providerError === 'unauthorized_client') {
    return new OidcError('ERR_PROVIDER_REJECTED_CLIENT', answer, options)
  }
  // RFC 8707 §2
  if (providerError === 'invalid_target') {
    return new OidcError('ERR_PROVIDER_REJECTED_REQUEST', answer, options)
  }
  return new OidcError('ERR_TOKEN_RESPONSE', answer, options)
}

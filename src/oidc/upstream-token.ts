import { genericGrantRequest, type TokenEndpointResponse } from 'openid-client'
import type { TokenTarget } from '../config/schema.js'
import { parseJsonObject } from '../json-object.js'
import type { SentToken } from '../session/session.js'
import { accessTokenExpiry } from './access-token-expiry.js'
import { OidcError } from './errors.js'
import type { Provider } from './provider.js'
import { accessTokenOf, tokenEndpointError, tolerateTokenResponse } from './token-response.js'

/** A token that an upstream gets in the place of the caller's own. */
export interface UpstreamToken {
  readonly token: SentToken
  /** Epoch milliseconds. */
  readonly expiresAt: number
}

const grantType = 'urn:ietf:params:oauth:grant-type:token-exchange'
const tokenTypes = {
  access_token: 'urn:ietf:params:oauth:token-type:access_token',
  jwt: 'urn:ietf:params:oauth:token-type:jwt',
}

/**
 * Has the provider exchange an access token for one that is meant for an upstream (RFC 8693 §2). What one
 * that is bound to a key is exchanged for is bound to the same (RFC 9449 §5). Throws OidcError: ERR_PROVIDER_UNAVAILABLE for what may pass, ERR_UPSTREAM_TOKEN_DENIED when there is none for
 * that upstream, ERR_UPSTREAM_TOKEN for everything else that is not the token asked for.
 */
export async function exchangeForUpstream(
  provider: Pick<Provider, 'config' | 'open' | 'metadata'>,
  subject: SentToken,
  target: TokenTarget,
  now: number,
): Promise<UpstreamToken> {
  const call = provider.open(await provider.metadata(), withoutOtherTokens)
  const parameters = parametersFor(subject.accessToken, target)
  const dpop = await call.dpop(subject.dpopKey)
  let response: TokenEndpointResponse
  try {
    response = await genericGrantRequest(
      call.configuration,
      grantType,
      parameters,
      dpop === undefined ? {} : { DPoP: dpop },
    )
  } catch (failure) {
    throw refusalOf(tokenEndpointError(call.received(), failure))
  }
  const { dpopKey } = subject
  const accessToken = checkResponse(response, target, dpopKey === undefined ? 'Bearer' : 'DPoP')
  const { accessTokenExpiresAt: expiresAt } = accessTokenExpiry(accessToken, {
    expiresInSeconds: response.expires_in,
    defaultLifetimeMs: provider.config.defaultAccessTokenLifetime,
    now,
  })
  return { token: { accessToken, ...(dpopKey === undefined ? {} : { dpopKey }) }, expiresAt }
}

function parametersFor(
  subjectToken: string,
  { audiences = [], resources = [], scopes, requestedTokenType }: TokenTarget,
): URLSearchParams {
  const parameters = new URLSearchParams({
    subject_token: subjectToken,
    subject_token_type: tokenTypes.access_token,
    requested_token_type: tokenTypes[requestedTokenType],
  })
  for (const audience of audiences) parameters.append('audience', audience)
  for (const resource of resources) parameters.append('resource', resource)
  if (scopes !== undefined) parameters.set('scope', scopes.join(' '))
  return parameters
}

/** A refresh or ID token that may come with it is nobody's business here. */
function withoutOtherTokens(body: string): string {
  const members = parseJsonObject(tolerateTokenResponse(body))
  if (members === undefined) return body
  return JSON.stringify({ ...members, refresh_token: undefined, id_token: undefined })
}

function checkResponse(
  response: TokenEndpointResponse,
  { requestedTokenType }: TokenTarget,
  type: 'Bearer' | 'DPoP',
): string {
  const issued = response['issued_token_type']
  if (issued !== tokenTypes[requestedTokenType]) {
    const said = JSON.stringify(issued)?.slice(0, 200) ?? 'missing'
    throw new OidcError(
      'ERR_UPSTREAM_TOKEN',
      `"issued_token_type" is ${said}, not ${tokenTypes[requestedTokenType]}`,
    )
  }
  try {
    return accessTokenOf(response, type)
  } catch (error) {
    throw error instanceof OidcError ? refusalOf(error) : error
  }
}

/** RFC 8693 §2.2.2; what says that the client, the request or the grant is wrong is the operator's to mend. */
function refusalOf(error: OidcError): OidcError {
  const { code, message, providerError, retryAfterMs } = error
  if (code === 'ERR_PROVIDER_UNAVAILABLE') return error
  const isDenied = providerError === 'invalid_target' || providerError === 'access_denied'
  return new OidcError(isDenied ? 'ERR_UPSTREAM_TOKEN_DENIED' : 'ERR_UPSTREAM_TOKEN', message, {
    cause: error,
    providerError,
    retryAfterMs,
  })
}

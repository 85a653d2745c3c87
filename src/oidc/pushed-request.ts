import { buildAuthorizationUrlWithPAR } from 'openid-client'
import { type JsonObject, parseJsonObject } from '../json-object.js'
import type { Received } from './authenticated-send.js'
import { objectionOf } from './client-objection.js'
import { OidcError, oidcErrorIn } from './errors.js'
import type { OpenCall } from './provider-client.js'
import type { ProviderMetadata } from './provider-metadata.js'
import { refusalIn } from './refusal.js'

/**
 * Pushes an authorization request to the provider, authenticated as the client, and gives the URL that
 * refers to it (RFC 9126 §2): nothing is in it but `client_id` and `request_uri`.
 *
 * It is a reference for one login: each is pushed by itself. Whoever asked for a pushed request never gets
 * another, so that nothing of it passes through the browser: whatever goes wrong is thrown, as OidcError
 * ERR_PROVIDER_UNAVAILABLE for what may pass, ERR_PROVIDER_REJECTED_CLIENT, ERR_PROVIDER_REJECTED_REQUEST,
 * ERR_PROVIDER_METADATA or ERR_PROVIDER_PUSHED_REQUEST.
 */
export async function pushAuthorizationRequest(
  open: OpenCall,
  metadata: ProviderMetadata,
  parameters: URLSearchParams,
): Promise<string> {
  if (metadata.pushedRequestEndpoint === undefined) {
    throw new OidcError(
      'ERR_PROVIDER_METADATA',
      'authorization requests are to be pushed, and the metadata has no "pushed_authorization_request_endpoint"',
    )
  }
  const call = open(metadata)
  let url: URL
  try {
    url = await buildAuthorizationUrlWithPAR(call.configuration, parameters)
  } catch (error) {
    throw pushedRequestError(call.received(), error)
  }
  checkAnswer(parseJsonObject(call.received()?.body ?? ''))
  return url.href
}

/** What openid-client leaves open: a reference that is good for nothing would send the person astray. */
function checkAnswer(answer: JsonObject | undefined): void {
  const reference = answer?.['request_uri']
  const isReference =
    typeof reference === 'string' && reference.length <= 2048 && URL.canParse(reference)
  if (isReference && Number(answer?.['expires_in']) > 0) return
  throw new OidcError(
    'ERR_PROVIDER_PUSHED_REQUEST',
    'the pushed request was answered with a "request_uri" that is none, or expired',
  )
}

function pushedRequestError(received: Received | undefined, cause: unknown): OidcError {
  const known = oidcErrorIn(cause)
  if (known !== undefined) return known
  const objection = objectionOf(cause)
  if (received === undefined) {
    return new OidcError('ERR_PROVIDER_PUSHED_REQUEST', `the push failed: ${objection}`)
  }
  const { status } = received
  const { providerError, retryAfterMs, isTemporary } = refusalIn(received)
  const answer = `the pushed request was answered ${status}: ${providerError ?? objection}`
  const options = { providerError, retryAfterMs }
  if (isTemporary) {
    return new OidcError('ERR_PROVIDER_UNAVAILABLE', answer, options)
  }
  if (providerError === 'invalid_client' || providerError === 'unauthorized_client') {
    return new OidcError('ERR_PROVIDER_REJECTED_CLIENT', answer, options)
  }
  // RFC 9126 §2.3: 413 and 405 say that it is the request.
  return new OidcError(
    status >= 400 ? 'ERR_PROVIDER_REJECTED_REQUEST' : 'ERR_PROVIDER_PUSHED_REQUEST',
    answer,
    options,
  )
}

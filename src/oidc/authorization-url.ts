import { buildAuthorizationUrl } from 'openid-client'
import type { Provider } from './provider.js'
import { pushAuthorizationRequest } from './pushed-request.js'
import { signRequestObject } from './request-object.js'

/**
 * Where the browser is sent to with an authorization request: to the provider with the parameters, with
 * a JWT of them where they are to be signed, or with a reference to either where it is to be pushed. Throws
 * OidcError.
 */
export async function authorizationUrl(
  provider: Pick<Provider, 'config' | 'open' | 'metadata' | 'credentials' | 'issuer'>,
  parameters: URLSearchParams,
  now: number,
): Promise<string> {
  const { pushedAuthorizationRequests, signedAuthorizationRequests } = provider.config
  const metadata = await provider.metadata()
  const isPushed = metadata.requiresPushedRequests || pushedAuthorizationRequests === 'always'
  const isSigned = metadata.requiresSignedRequests || signedAuthorizationRequests === 'always'
  const request = isSigned ? await signRequestObject(provider, parameters, now) : undefined
  if (isPushed) {
    const pushed = request === undefined ? parameters : new URLSearchParams({ request })
    return pushAuthorizationRequest(provider.open, metadata, pushed)
  }
  const sent = request === undefined ? parameters : around(request, parameters)
  return buildAuthorizationUrl(provider.open(metadata).configuration, sent).href
}

/** A request object with what OpenID Connect wants to see beside it (Core §6.1); only what is in it counts. */
function around(request: string, parameters: URLSearchParams): URLSearchParams {
  const [responseType, scope] = [parameters.get('response_type'), parameters.get('scope')]
  return new URLSearchParams({ response_type: responseType ?? '', scope: scope ?? '', request })
}

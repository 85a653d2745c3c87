import { buildAuthorizationUrl } from 'openid-client'
import type { Provider } from './provider.js'
import { pushAuthorizationRequest } from './pushed-request.js'

/**
 * Where the browser is sent to with an authorization request: to the provider with the parameters, or with
 * a reference to them alone where they are to be pushed. Throws OidcError.
 */
export async function authorizationUrl(
  provider: Pick<Provider, 'config' | 'open' | 'metadata'>,
  parameters: URLSearchParams,
): Promise<string> {
  const metadata = await provider.metadata()
  const isPushed =
    metadata.requiresPushedRequests || provider.config.pushedAuthorizationRequests === 'always'
  if (isPushed) return pushAuthorizationRequest(provider.open, metadata, parameters)
  return buildAuthorizationUrl(provider.open(metadata).configuration, parameters).href
}

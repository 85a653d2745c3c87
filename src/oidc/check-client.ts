import { genericGrantRequest } from 'openid-client'
import { OidcError } from './errors.js'
import type { Provider } from './provider.js'
import { tokenEndpointError } from './token-response.js'

/**
 * Finds out whether the provider accepts the client, with a code that nobody has: a provider that accepts it says so of
 * the code, one that does not of the client (RFC 6749 §5.2). Throws OidcError ERR_PROVIDER_REJECTED_CLIENT, or what keeps
 * it from asking. A provider that finds fault with something else has told nothing.
 */
export async function checkClient(provider: Pick<Provider, 'metadata' | 'open'>): Promise<void> {
  const call = provider.open(await provider.metadata())
  const form = { code: 'valetkey-check', redirect_uri: 'https://valetkey.invalid/' }
  let failure: unknown
  try {
    await genericGrantRequest(call.configuration, 'authorization_code', form)
  } catch (error) {
    failure = error
  }
  const received = call.received()
  const error = tokenEndpointError(received, failure)
  if (error.code === 'ERR_TOKEN_RESPONSE' && received?.status === 401) {
    throw new OidcError('ERR_PROVIDER_REJECTED_CLIENT', error.message, { cause: error })
  }
  if (isOfCall.has(error.code)) throw error
}

const isOfCall: ReadonlySet<string> = new Set([
  'ERR_PROVIDER_REJECTED_CLIENT',
  'ERR_PROVIDER_UNAVAILABLE',
  'ERR_PROVIDER_CONFIGURATION',
])

import { buildEndSessionUrl } from 'openid-client'
import type { OpenCall } from './provider-client.js'
import type { ProviderMetadata } from './provider-metadata.js'

/** The RP-initiated logout request (RP-Initiated Logout 1.0 §2); undefined when the provider has none. */
export function endSessionUrl(
  open: OpenCall,
  metadata: ProviderMetadata | undefined,
  parameters: {
    readonly idTokenHint: string
    readonly postLogoutRedirectUri: string
    readonly state: string
  },
): string | undefined {
  if (metadata?.endSessionEndpoint === undefined) return undefined
  const { configuration } = open(metadata)
  // openid-client adds `client_id`.
  return buildEndSessionUrl(configuration, {
    id_token_hint: parameters.idTokenHint,
    post_logout_redirect_uri: parameters.postLogoutRedirectUri,
    state: parameters.state,
  }).href
}

import {
  allowInsecureRequests,
  clockTolerance,
  ClientSecretBasic,
  ClientSecretPost,
  Configuration,
  customFetch,
  None,
  type ClientAuth,
} from 'openid-client'
import type { ProviderConfig } from '../config/schema.js'
import { OidcError } from './errors.js'
import type { ProviderHttp } from './provider-http.js'
import type { ProviderMetadata } from './provider-metadata.js'

/** What a call brought back over the wire, before anybody judged it. */
export interface Received {
  readonly status: number
  readonly headers: Headers
  readonly body: string
}

/** One use of openid-client; `received()` is the last response that it got. */
export interface ProviderCall {
  readonly configuration: Configuration
  readonly received: () => Received | undefined
}

/** Opens a call with that metadata. `tolerate` may mend the body of a response before it is judged. */
export type OpenCall = (
  metadata: ProviderMetadata,
  tolerate?: (body: string) => string,
) => ProviderCall

/** Prepares calls as the configured client. Throws OidcError ERR_PROVIDER_CONFIGURATION. */
export function createOpenCall(config: ProviderConfig, http: ProviderHttp): OpenCall {
  const authenticate = clientAuthentication(config)

  return (metadata, tolerate = (body) => body) => {
    const configuration = new Configuration(
      {
        issuer: metadata.issuer,
        authorization_endpoint: metadata.authorizationEndpoint,
        token_endpoint: metadata.tokenEndpoint,
        jwks_uri: metadata.jwksUri,
        authorization_response_iss_parameter_supported: metadata.sendsIssuer,
        id_token_signing_alg_values_supported: [...metadata.idTokenAlgorithms],
        userinfo_signing_alg_values_supported: [...metadata.idTokenAlgorithms],
        ...(metadata.userinfoEndpoint && { userinfo_endpoint: metadata.userinfoEndpoint }),
        ...(metadata.endSessionEndpoint && { end_session_endpoint: metadata.endSessionEndpoint }),
        ...(metadata.revocationEndpoint && { revocation_endpoint: metadata.revocationEndpoint }),
        ...(metadata.pushedRequestEndpoint && {
          pushed_authorization_request_endpoint: metadata.pushedRequestEndpoint,
        }),
      },
      config.clientId,
      { [clockTolerance]: config.clockTolerance / 1000 },
      authenticate,
    )
    // Plain http is refused more strictly by `http`, address by address.
    if (metadata.issuer.startsWith('http:')) allowInsecureRequests(configuration)
    // The deadline is that of `http`.
    configuration.timeout = 0
    let received: Received | undefined
    configuration[customFetch] = async (url, { method, headers, body }) => {
      const response = await http.request(url, { method, headers, body })
      received = {
        status: response.status,
        headers: response.headers,
        body: tolerate(await response.text()),
      }
      return new Response(received.body === '' ? null : received.body, received)
    }
    return { configuration, received: () => received }
  }
}

function clientAuthentication(config: ProviderConfig): ClientAuth {
  const { clientAuthentication: method, clientSecret } = config
  if (method === 'none') return None()
  if (clientSecret === undefined) {
    throw new OidcError(
      'ERR_PROVIDER_CONFIGURATION',
      `provider "${config.id}" has no client secret, which ${method} needs`,
    )
  }
  return method === 'client_secret_basic'
    ? ClientSecretBasic(clientSecret)
    : ClientSecretPost(clientSecret)
}

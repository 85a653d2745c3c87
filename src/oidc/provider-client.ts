import {
  allowInsecureRequests,
  clockTolerance,
  Configuration,
  customFetch,
  type DPoPHandle,
} from 'openid-client'
import type { ProviderConfig } from '../config/schema.js'
import type { DpopKey } from '../session/dpop-key.js'
import { createAuthenticatedSend, type Received } from './authenticated-send.js'
import type { ClientAuthentication } from './client-authentication.js'
import { createDpopHandle, createDpopNonces, renewProof } from './dpop.js'
import type { Logger } from './logger.js'
import type { ProviderHttp } from './provider-http.js'
import type { ProviderMetadata } from './provider-metadata.js'

/** One use of openid-client; `received()` is the last response that it got. */
export interface ProviderCall {
  readonly configuration: Configuration
  readonly received: () => Received | undefined
  /** What proves possession of the key that tokens are bound to; undefined for bearer tokens. */
  readonly dpop: (key: DpopKey | undefined) => Promise<DPoPHandle | undefined>
}

/** Opens a call with that metadata. `tolerate` may mend the body of a response before it is judged. */
export type OpenCall = (
  metadata: ProviderMetadata,
  tolerate?: (body: string) => string,
) => ProviderCall

/** Prepares calls as the configured client: the one place where its authentication comes from. */
export function createOpenCall(
  config: ProviderConfig,
  http: ProviderHttp,
  {
    authentication,
    logger,
  }: { readonly authentication: ClientAuthentication; readonly logger: Logger },
): OpenCall {
  const dpopNonces = createDpopNonces()

  return (metadata, tolerate = (body) => body) => {
    let boundTo: DpopKey | undefined
    const { authenticate, send } = createAuthenticatedSend({
      authentication,
      async transmit(url, request) {
        const response = await http.request(url, request)
        const { status, headers } = response
        dpopNonces.learn(url, headers)
        return { status, headers, body: tolerate(await response.text()) }
      },
      async renew(headers) {
        const proof = headers.get('dpop')
        if (boundTo === undefined || proof === null) return
        headers.set('dpop', await renewProof(proof, boundTo, dpopNonces))
      },
      onRefused(url, status) {
        const { issuer, clientAuthentication } = config
        const fields = { issuer, clientAuthentication, url, status }
        logger.warn(fields, 'the provider refuses the client')
      },
    })
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
        ...(metadata.introspectionEndpoint && {
          introspection_endpoint: metadata.introspectionEndpoint,
        }),
      },
      config.clientId,
      {
        [clockTolerance]: config.clockTolerance / 1000,
        ...(config.introspectionSignedResponseAlg && {
          introspection_signed_response_alg: config.introspectionSignedResponseAlg,
        }),
      },
      authenticate,
    )
    // Plain http is refused more strictly by `http`, address by address.
    if (isPlainHttp(config)) allowInsecureRequests(configuration)
    // The deadline is that of `http`.
    configuration.timeout = 0
    let received: Received | undefined
    configuration[customFetch] = async (url, { method, headers, body }) => {
      received = await send(url, { method, headers, body })
      return new Response(received.body === '' ? null : received.body, received)
    }
    return {
      configuration,
      received: () => received,
      async dpop(key) {
        boundTo = key
        return key && createDpopHandle(configuration, key, dpopNonces)
      },
    }
  }
}

function isPlainHttp({ issuer, discoveryUrl }: ProviderConfig): boolean {
  return [issuer, discoveryUrl].some((url) => url?.startsWith('http:'))
}

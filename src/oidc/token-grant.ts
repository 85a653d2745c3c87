import type { Configuration, DPoPHandle, TokenEndpointResponse } from 'openid-client'
import { parseJsonObject } from '../json-object.js'
import type { DpopKey } from '../session/dpop-key.js'
import type { OpenCall } from './provider-client.js'
import type { ProviderMetadata } from './provider-metadata.js'
import { tokenEndpointError, tolerateTokenResponse } from './token-response.js'

/**
 * Runs one grant of openid-client. The ID token is verified by us as well, and our verdict comes
 * first: it says which claim is wrong, and it covers the signature, which openid-client leaves to TLS.
 * With `hidesIdToken`, openid-client is not shown the ID token at all, and `verify` alone judges it. With a
 * `dpopKey` the tokens are asked for with a proof of possession. Throws OidcError, or what `verify` throws.
 */
export async function grantTokens<Verified>(
  {
    open,
    metadata,
    dpopKey,
    hidesIdToken,
  }: {
    readonly open: OpenCall
    readonly metadata: ProviderMetadata
    readonly dpopKey: DpopKey | undefined
    readonly hidesIdToken: boolean
  },
  grant: (
    configuration: Configuration,
    options: { readonly DPoP?: DPoPHandle },
  ) => Promise<TokenEndpointResponse>,
  verify: (idToken: string | undefined, accessToken: string) => Promise<Verified>,
): Promise<{ readonly response: TokenEndpointResponse; readonly verified: Verified }> {
  let body = ''
  const call = open(metadata, (sent) => {
    body = tolerateTokenResponse(sent)
    return hidesIdToken ? withoutIdToken(body) : body
  })
  const dpop = await call.dpop(dpopKey)
  let response: TokenEndpointResponse | undefined
  let failure: unknown
  try {
    response = await grant(call.configuration, dpop === undefined ? {} : { DPoP: dpop })
  } catch (error) {
    failure = error
  }
  const received = call.received()
  const tokens = received?.status === 200 ? tokensIn(body) : undefined
  if (tokens === undefined) throw tokenEndpointError(received, failure)
  const verified = await verify(tokens.idToken, tokens.accessToken)
  if (response === undefined) throw tokenEndpointError(received, failure)
  return { response, verified }
}

function withoutIdToken(body: string): string {
  const members = parseJsonObject(body)
  return members === undefined ? body : JSON.stringify({ ...members, id_token: undefined })
}

function tokensIn(body: string) {
  const { id_token: idToken, access_token: accessToken } = parseJsonObject(body) ?? {}
  if (typeof accessToken !== 'string') return undefined
  return { accessToken, idToken: typeof idToken === 'string' ? idToken : undefined }
}

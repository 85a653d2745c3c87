import { tokenIntrospection } from 'openid-client'
import { isJsonObject, type JsonObject } from '../json-object.js'
import { type AccessToken, accessTokenFrom, checkPurpose, reject } from './access-token-claims.js'
import { isOfIssuer } from './access-token-issuers.js'
import type { Received } from './authenticated-send.js'
import { objectionOf } from './client-objection.js'
import { OidcError, oidcErrorIn } from './errors.js'
import { audiencesOf } from './id-token.js'
import type { ProviderMetadata } from './provider-metadata.js'
import type { Provider } from './provider.js'
import { refusalIn } from './refusal.js'
import { isTokenFault, verifySignedToken } from './signed-token.js'

/**
 * Asks the introspection endpoint about an access token that a client presents (RFC 7662 §2). Throws OidcError
 * ERR_BEARER_TOKEN for one that is not active, or whose answer says that it is no access token of this
 * provider for a client without a proof, and ERR_PROVIDER_* when it cannot be told now.
 */
export async function introspect(
  provider: Pick<Provider, 'config' | 'keys' | 'open' | 'metadata' | 'issuer' | 'discovery'>,
  token: string,
  now: number,
): Promise<AccessToken> {
  const { config } = provider
  const metadata = await provider.metadata()
  requireIntrospectionEndpoint(metadata)
  const { claims: answer, length } = await ask(provider, metadata, token)
  const { active, ...claims } = answer
  if (active !== true) reject('it is not active')
  if (claims['iss'] !== undefined && !isOfIssuer(provider, claims)) {
    reject('"iss" is not the issuer')
  }
  checkKind(claims)
  const { username, preferred_username: preferred = username } = claims
  const named = preferred === undefined ? claims : { ...claims, preferred_username: preferred }
  const verified = { token, claims: named, length, maxAgeMs: config.introspectionMaxAge }
  return accessTokenFrom(provider, verified, { now, times: 'optional' })
}

/** Throws OidcError ERR_PROVIDER_METADATA where the provider has none. */
export function requireIntrospectionEndpoint({ introspectionEndpoint }: ProviderMetadata): void {
  if (introspectionEndpoint !== undefined) return
  throw new OidcError(
    'ERR_PROVIDER_METADATA',
    'the metadata has no "introspection_endpoint", which accessTokenVerification needs',
  )
}

/** Providers tell of refresh tokens, too, and some of ID tokens; each says so in a way of its own. */
function checkKind(claims: JsonObject): void {
  const { token_type: type, token_use: use } = claims
  if (type !== undefined && !(typeof type === 'string' && /^bearer$/i.test(type))) {
    reject('"token_type" is not Bearer')
  }
  if (use !== undefined && use !== 'access_token' && use !== 'access') {
    reject('"token_use" is that of another token')
  }
  checkPurpose(claims)
}

/** The answer, and how many characters it has. */
async function ask(
  provider: Pick<Provider, 'config' | 'keys' | 'open' | 'issuer'>,
  metadata: ProviderMetadata,
  token: string,
): Promise<{ readonly claims: JsonObject; readonly length: number }> {
  const call = provider.open(metadata)
  let claims: JsonObject | undefined
  let failure: unknown
  try {
    claims = await tokenIntrospection(call.configuration, token, {
      token_type_hint: 'access_token',
    })
  } catch (error) {
    failure = error
  }
  const received = call.received()
  if (claims === undefined || received === undefined) throw introspectionError(received, failure)
  if (isSigned(received) !== (provider.config.introspectionSignedResponseAlg !== undefined)) {
    throw unusable('is signed or not, other than introspectionSignedResponseAlg says')
  }
  const { length } = received.body
  if (!isSigned(received)) return { claims, length }
  return { claims: await verifySigned(provider, received.body), length }
}

/** RFC 9701 §5: signed by the issuer, for this client, and of a type of its own. */
async function verifySigned(
  { config, keys, issuer }: Pick<Provider, 'config' | 'keys' | 'issuer'>,
  jwt: string,
): Promise<JsonObject> {
  const { clientId, introspectionSignedResponseAlg: algorithm } = config
  const { claims } = await verifySignedToken(jwt, {
    keys,
    algorithms: algorithm === undefined ? [] : [algorithm],
    clientSecrets: async () => [],
    types: /^(application\/)?token-introspection\+jwt$/i,
    isTypeRequired: true,
  }).catch((cause: unknown) => {
    if (!(cause instanceof OidcError) || !isTokenFault(cause)) throw cause
    throw unusable(cause.message)
  })
  const { iss, aud, token_introspection: answer } = claims
  if (iss !== issuer() || audiencesOf(aud)?.includes(clientId) !== true) {
    throw unusable('is signed, but not for this client')
  }
  if (!isJsonObject(answer)) throw unusable('has no "token_introspection"')
  return answer
}

/** None of these is the token's fault, so none is a verdict on it. */
function introspectionError(received: Received | undefined, failure: unknown): OidcError {
  const known = oidcErrorIn(failure)
  if (known !== undefined) return known
  if (received === undefined) return unusable(objectionOf(failure))
  const { status } = received
  const { providerError, retryAfterMs, isTemporary } = refusalIn(received)
  const message = `the introspection endpoint answered ${status}: ${providerError ?? objectionOf(failure)}`
  const code = isTemporary
    ? 'ERR_PROVIDER_UNAVAILABLE'
    : status === 401 || providerError === 'invalid_client'
      ? 'ERR_PROVIDER_REJECTED_CLIENT'
      : 'ERR_PROVIDER_INTROSPECTION'
  return new OidcError(code, message, { providerError, retryAfterMs })
}

const unusable = (what: string) =>
  new OidcError('ERR_PROVIDER_INTROSPECTION', `the answer of the introspection endpoint ${what}`)

const isSigned = ({ headers }: Received): boolean =>
  /^application\/token-introspection\+jwt\s*(;|$)/i.test(headers.get('content-type') ?? '')

import { fetchUserInfo } from 'openid-client'
import { claimsOfToken } from '../config/claims-of-token.js'
import { parseJsonObject, type JsonObject } from '../json-object.js'
import type { IssuedToken } from '../session/session.js'
import type { Received } from './authenticated-send.js'
import { withFallbacks, withoutVerifiedEmail } from './claim-fallbacks.js'
import { objectionOf } from './client-objection.js'
import { OidcError, oidcErrorIn } from './errors.js'
import { audiencesOf, type IdTokenClaims } from './id-token.js'
import { isIssuedBy } from './issued-by.js'
import type { ProviderMetadata } from './provider-metadata.js'
import type { Provider } from './provider.js'
import { refusalIn } from './refusal.js'
import { verifySignedToken } from './signed-token.js'

/**
 * All claims of an ID token with userinfo merged in; undefined when userinfo was not asked, because
 * there is none, the configuration forbids it, or the ID token has all that is needed. Throws like
 * `loadUserinfo`.
 */
export async function withUserinfo(
  provider: Provider,
  metadata: ProviderMetadata,
  tokens: IssuedToken,
  { sub, all: idTokenClaims }: Pick<IdTokenClaims, 'sub' | 'all'>,
): Promise<JsonObject | undefined> {
  if (metadata.userinfoEndpoint === undefined) return undefined
  const { userinfo: when } = provider.config
  const known = withFallbacks(idTokenClaims, provider.config.claimFallbacks)
  const needed = provider.neededClaims.some((name) => known[name] === undefined)
  if (when === 'never' || (when === 'needed' && !needed)) return undefined
  return mergeUserinfo(idTokenClaims, await loadUserinfo(provider, metadata, tokens, sub))
}

/**
 * Asks the userinfo endpoint (Core §5.3). A signed answer is verified like an ID token. Throws
 * OidcError: ERR_PROVIDER_USERINFO_SUBJECT when it is about somebody else, ERR_PROVIDER_USERINFO when
 * it cannot be used, ERR_PROVIDER_UNAVAILABLE when it may pass.
 */
async function loadUserinfo(
  provider: Provider,
  metadata: ProviderMetadata,
  { accessToken, dpopKey }: IssuedToken,
  sub: string,
): Promise<JsonObject> {
  const call = provider.open(metadata)
  const dpop = await call.dpop(dpopKey)
  let isAccepted = false
  let failure: unknown
  try {
    await fetchUserInfo(call.configuration, accessToken, sub, dpop && { DPoP: dpop })
    isAccepted = true
  } catch (error) {
    failure = error
  }
  const answer = call.received()
  if (answer === undefined) {
    throw oidcErrorIn(failure) ?? new OidcError('ERR_PROVIDER_USERINFO', objectionOf(failure))
  }
  if (!isAccepted) throw userinfoError(answer, sub, failure)
  if (isSigned(answer)) return verifySignedUserinfo(provider, metadata, answer.body)
  const claims = parseJsonObject(answer.body)
  if (claims !== undefined) return claims
  throw new OidcError('ERR_PROVIDER_USERINFO', 'userinfo nests too deep')
}

async function verifySignedUserinfo(
  provider: Provider,
  metadata: ProviderMetadata,
  token: string,
): Promise<JsonObject> {
  const rules = provider.idTokenRules(metadata)
  const { claims } = await verifySignedToken(token, rules)
  const audiences = audiencesOf(claims['aud'])
  if (isIssuedBy(claims, rules) && audiences?.includes(rules.clientId) === true) return claims
  throw new OidcError('ERR_PROVIDER_USERINFO', 'the signed userinfo is not for this client')
}

/**
 * Merges userinfo into the claims of the ID token. Userinfo wins for what it says of the person, since
 * it is asked later; the ID token alone speaks of the sign-in and the tenant. That an address was verified counts for
 * that one alone.
 */
function mergeUserinfo(idTokenClaims: JsonObject, userinfo: JsonObject): JsonObject {
  const personal = Object.entries(userinfo).filter(([name]) => !claimsOfToken.has(name))
  const isOtherEmail = 'email' in userinfo && userinfo['email'] !== idTokenClaims['email']
  const known = isOtherEmail ? withoutVerifiedEmail(idTokenClaims) : idTokenClaims
  return { ...known, ...Object.fromEntries(personal) }
}

function userinfoError(answer: Received, sub: string, failure: unknown): OidcError {
  const { status, body } = answer
  const { retryAfterMs, isTemporary } = refusalIn(answer)
  if (isTemporary) {
    const message = `userinfo answered ${status}`
    return new OidcError('ERR_PROVIDER_UNAVAILABLE', message, { retryAfterMs })
  }
  const about = isSigned(answer) ? undefined : parseJsonObject(body)?.['sub']
  if (status === 200 && typeof about === 'string' && about !== '' && about !== sub) {
    return new OidcError('ERR_PROVIDER_USERINFO_SUBJECT', 'userinfo has another "sub"')
  }
  const message = `userinfo answered ${status}: ${objectionOf(failure)}`
  return new OidcError('ERR_PROVIDER_USERINFO', message)
}

function isSigned(answer: Received): boolean {
  return /^application\/jwt\s*(;|$)/i.test(answer.headers.get('content-type') ?? '')
}

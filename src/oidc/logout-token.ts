import { decodeJwt } from 'jose'
import type { ProviderConfig } from '../config/schema.js'
import { isJsonObject, type JsonObject } from '../json-object.js'
import type { LogoutNotice } from '../session/logout-notice.js'
import { OidcError } from './errors.js'
import { audiencesOf, instantOf, type IdTokenRules } from './id-token.js'
import { isIssuedBy, isNamed, issuerOf } from './issued-by.js'
import type { Provider } from './provider.js'
import { verifyOtherToken } from './signed-token.js'

const logoutEvent = 'http://schemas.openid.net/event/backchannel-logout'
/** How old a token without `exp` may be, as some providers send it (Keycloak before 22). */
const maxAgeWithoutExpiryMs = 120_000
const maxTextLength = 255
/** The same keys and algorithms as for ID tokens; the type may say that it is a logout token. */
const types = /^(application\/)?(logout\+)?jwt$/i

/** Whether a token names the issuer and the client of that configuration. Verifies nothing. */
export function isAddressedBy(
  token: string,
  config: Pick<ProviderConfig, 'issuer' | 'issuerSlash' | 'tenants' | 'clientId'>,
): boolean {
  try {
    const claims: JsonObject = decodeJwt(token)
    const isForClient = audiencesOf(claims['aud'])?.includes(config.clientId) === true
    return isForClient && isNamed(claims['iss'], config)
  } catch {
    return false
  }
}

/**
 * Verifies a logout token (Back-Channel Logout 1.0 §2.6), its replay excepted. Throws OidcError
 * ERR_LOGOUT_TOKEN, or ERR_PROVIDER_* when it cannot be told now.
 */
export async function verifyLogoutToken(
  provider: Pick<Provider, 'metadata' | 'idTokenRules' | 'config'>,
  token: string,
  now: number,
): Promise<LogoutNotice> {
  const { requireLogoutTokenExpiry, logoutTokenEnds } = provider.config
  const rules = provider.idTokenRules(await provider.metadata())
  const claims = await verifyOtherToken('ERR_LOGOUT_TOKEN', token, { ...rules, types })
  checkParties(claims, rules)
  if (requireLogoutTokenExpiry && claims['exp'] === undefined) reject('"exp" is missing')
  const acceptableUntil = checkTimes(claims, rules, now)
  checkEvent(claims)
  const [sid, sub] = [textOf(claims, 'sid'), textOf(claims, 'sub')]
  if (sid === undefined && sub === undefined) reject('neither "sid" nor "sub" is there')
  const jti = textOf(claims, 'jti')
  if (jti === undefined) reject('"jti" is missing')
  const isOfPerson = sid === undefined || (sub !== undefined && logoutTokenEnds === 'person')
  return {
    issuer: issuerOf(claims, rules.issuer),
    ...(isOfPerson ? {} : { sid }),
    ...(sub === undefined ? {} : { sub }),
    jti,
    acceptableUntil,
  }
}

function checkParties(claims: JsonObject, rules: IdTokenRules): void {
  const { issuer, tenants, clientId, trustedAudiences } = rules
  if (!isIssuedBy(claims, { issuer, tenants })) reject('"iss" is not the issuer')
  const audiences = audiencesOf(claims['aud'])
  if (!audiences?.includes(clientId)) reject('"aud" does not hold the client')
  if (audiences.some((each) => each !== clientId && !trustedAudiences.includes(each))) {
    reject('"aud" holds what is not in trustedAudiences')
  }
}

function checkTimes(claims: JsonObject, rules: IdTokenRules, now: number): number {
  const { clockToleranceMs: toleranceMs } = rules
  const issuedAt = instantOf(claims['iat'])
  if (issuedAt === undefined) reject('"iat" is missing or no instant')
  if (issuedAt > now + toleranceMs) reject('"iat" is in the future')
  const expiresAt = instantOf(claims['exp'])
  if (expiresAt === undefined && claims['exp'] !== undefined) reject('"exp" is no instant')
  const oldestEnd = issuedAt + (expiresAt === undefined ? maxAgeWithoutExpiryMs : rules.maxAgeMs)
  const acceptableUntil = Math.min(expiresAt ?? oldestEnd, oldestEnd) + toleranceMs
  if (acceptableUntil <= now) reject('the token is expired or was issued too long ago')
  return acceptableUntil
}

function checkEvent(claims: JsonObject): void {
  const { events } = claims
  if (!isJsonObject(events) || !isJsonObject(events[logoutEvent])) {
    reject('"events" does not say that it is a logout')
  }
  // What tells an ID token from it, whatever else it holds.
  if ('nonce' in claims) reject('"nonce" is there')
}

function textOf(claims: JsonObject, name: string): string | undefined {
  const value = claims[name]
  if (value === undefined) return undefined
  if (typeof value !== 'string' || value === '' || value.length > maxTextLength) {
    reject(`"${name}" is no text of 1 to ${maxTextLength} characters`)
  }
  return value
}

function reject(message: string): never {
  throw new OidcError('ERR_LOGOUT_TOKEN', message)
}

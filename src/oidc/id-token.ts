import { createHash } from 'node:crypto'
import { isTemplate } from '../config/issuer-template.js'
import { equalInConstantTime } from '../constant-time.js'
import type { JsonObject } from '../json-object.js'
import { OidcError, type OidcErrorCode } from './errors.js'
import { isIssuedBy, type IssuerRules } from './issued-by.js'
import type { AskedLogin } from './login-request.js'
import { unmetClaim } from './required-claims.js'
import { verifySignedToken, type SignatureRules } from './signed-token.js'

/** What every ID token of a provider must agree with. */
export interface IdTokenRules extends SignatureRules, IssuerRules {
  readonly clientId: string
  readonly trustedAudiences: readonly string[]
  readonly clockToleranceMs: number
  /** How old its `iat` may be. */
  readonly maxAgeMs: number
}

/** Checked claims; `all` holds every claim as the provider sent it. */
export interface IdTokenClaims {
  readonly sub: string
  readonly audiences: readonly string[]
  readonly issuedAt: number
  readonly expiresAt: number
  readonly validFrom: number
  readonly authenticatedAt: number | undefined
  readonly all: JsonObject
}

/**
 * Verifies the signature of an ID token and checks all that OpenID Connect Core 1.0 §3.1.3.7 asks of
 * any ID token, with `at_hash` (§3.1.3.8) when it is there. Throws OidcError ERR_ID_TOKEN_*.
 */
export async function verifyIdToken(
  idToken: string,
  accessToken: string,
  rules: IdTokenRules,
  now: number,
): Promise<IdTokenClaims> {
  const claims = await verifyTimelessly(idToken, accessToken, rules)
  const untimely = clockFault(claims, rules, now)
  if (untimely !== undefined) throw untimely
  return claims
}

/** As `verifyIdToken`, but for what a clock decides: `clockFault` tells that. */
export async function verifyTimelessly(
  idToken: string,
  accessToken: string,
  rules: IdTokenRules,
): Promise<IdTokenClaims> {
  const { algorithm, claims } = await verifySignedToken(idToken, rules)
  if (!isIssuedBy(claims, rules)) {
    const tenant = isTemplate(rules.issuer) ? `, or "tid" ${shown(claims['tid'])} no tenant` : ''
    reject('ISSUER', `"iss" ${shown(claims['iss'])} is not the issuer "${rules.issuer}"${tenant}`)
  }
  const audiences = checkAudience(claims, algorithm, rules)
  const times = timesOf(claims)
  checkAccessTokenHash(claims['at_hash'], algorithm, accessToken)
  const { sub } = claims
  if (typeof sub !== 'string' || sub === '' || sub.length > 255) {
    reject('SUBJECT', '"sub" is missing, no text, or longer than 255 characters')
  }
  const authTime = claims['auth_time']
  const authenticatedAt = instantOf(authTime)
  if (authTime !== undefined && authenticatedAt === undefined) {
    reject('AUTHENTICATION_TIME', '"auth_time" is no instant')
  }
  return { sub, audiences, ...times, authenticatedAt, all: claims }
}

/** What is wrong with the times of an ID token, if the clock is right. */
export function clockFault(
  { expiresAt, issuedAt, validFrom }: IdTokenClaims,
  { clockToleranceMs, maxAgeMs }: IdTokenRules,
  now: number,
): OidcError | undefined {
  if (expiresAt <= now - clockToleranceMs) return fault('EXPIRED', 'the ID token is expired')
  if (issuedAt > now + clockToleranceMs) return fault('ISSUED_AT', '"iat" is in the future')
  if (issuedAt < now - maxAgeMs - clockToleranceMs) {
    return fault('ISSUED_AT', '"iat" is too long ago')
  }
  if (validFrom > now + clockToleranceMs) return fault('NOT_YET_VALID', '"nbf" is in the future')
  return undefined
}

/**
 * Checks that a verified ID token answers this login, with the nonce, `acr_values` and `max_age` that
 * were sent (§3.1.3.7 points 11 to 13). Throws OidcError.
 */
export function validateLoginClaims(
  claims: IdTokenClaims,
  nonce: string,
  sent: AskedLogin & { readonly clockToleranceMs: number },
  now: number,
): void {
  const { acrValues, maxAgeMs, clockToleranceMs: toleranceMs } = sent
  const received = claims.all['nonce']
  if (typeof received !== 'string' || !equalInConstantTime(received, nonce)) {
    reject('NONCE', '"nonce" is not that of this login')
  }
  const acr = claims.all['acr']
  const isAsked = (value: string) => acrValues?.length === 0 || acrValues?.includes(value)
  if (acrValues !== undefined && !(typeof acr === 'string' && isAsked(acr))) {
    reject('ACR', `"acr" ${shown(acr)} is none of ${acrValues.join(', ') || 'any'}`)
  }
  if (maxAgeMs === undefined) return
  if (claims.authenticatedAt === undefined) {
    reject('AUTHENTICATION_TIME', '"auth_time" is missing although "max_age" was sent')
  }
  if (now - claims.authenticatedAt > maxAgeMs + toleranceMs) {
    reject('AUTHENTICATION_TIME', 'the person authenticated longer ago than "max_age"')
  }
}

/** Checks the claims that a login must have by the settings. Throws OidcError ERR_ID_TOKEN_CLAIM. */
export function validateRequiredClaims(
  claims: JsonObject,
  required: Readonly<Record<string, readonly string[]>>,
): void {
  const unmet = unmetClaim(claims, required)
  if (unmet === undefined) return
  reject('CLAIM', `"${unmet}" ${shown(claims[unmet])} is none of what requiredClaims has for it`)
}

/**
 * Checks a verified ID token of a refresh against the one that the session holds (§12.2): the same
 * issuer, subject, audiences, `azp` and `auth_time`, no other `nonce`, and not older. Throws OidcError ERR_ID_TOKEN_CHANGED.
 */
export function validateRefreshedClaims(
  claims: IdTokenClaims,
  sub: string,
  kept: JsonObject | undefined,
): void {
  if (claims.sub !== sub) reject('CHANGED', 'the refreshed ID token has another "sub"')
  if (kept === undefined) return
  const { all } = claims
  const keptAudiences = audiencesOf(kept['aud']) ?? []
  const missing = keptAudiences.some((each) => !claims.audiences.includes(each))
  if (missing || keptAudiences.length !== claims.audiences.length) {
    reject('CHANGED', 'the refreshed ID token has another "aud"')
  }
  for (const name of ['iss', 'azp', 'auth_time', 'nonce']) {
    // Providers that leave one of these out at a refresh do not contradict the login.
    if (all[name] !== undefined && kept[name] !== undefined && all[name] !== kept[name]) {
      reject('CHANGED', `the refreshed ID token has another "${name}"`)
    }
  }
  if (all['nonce'] !== undefined && kept['nonce'] === undefined) {
    reject('CHANGED', 'the refreshed ID token has a "nonce" that the first had not')
  }
  const keptIssuedAt = instantOf(kept['iat'])
  if (keptIssuedAt !== undefined && claims.issuedAt < keptIssuedAt) {
    reject('CHANGED', 'the refreshed ID token is older than the one before')
  }
}

/** The epoch milliseconds of a NumericDate; undefined for what is none or no calendar knows. */
export function instantOf(value: unknown): number | undefined {
  const latestSeconds = 8.64e12
  return typeof value === 'number' && value >= 0 && value <= latestSeconds
    ? Math.floor(value * 1000)
    : undefined
}

function checkAudience(claims: JsonObject, algorithm: string, rules: IdTokenRules): string[] {
  const { clientId, trustedAudiences } = rules
  const audiences = audiencesOf(claims['aud'])
  if (!audiences?.includes(clientId)) {
    reject('AUDIENCE', `"aud" ${shown(claims['aud'])} does not hold the client "${clientId}"`)
  }
  const foreign = audiences.find((each) => each !== clientId && !trustedAudiences.includes(each))
  if (foreign !== undefined) {
    reject('AUDIENCE', `"aud" holds ${shown(foreign)}, which is not in trustedAudiences`)
  }
  if (audiences.length > 1 && algorithm.startsWith('HS')) {
    reject('AUDIENCE', `a token signed with ${algorithm} has more than one audience`)
  }
  const { azp } = claims
  if (azp === undefined ? audiences.length > 1 : azp !== clientId) {
    reject('AUTHORIZED_PARTY', `"azp" ${shown(azp)} is not the client "${clientId}"`)
  }
  return audiences
}

function timesOf(claims: JsonObject) {
  const expiresAt = instantOf(claims['exp'])
  if (expiresAt === undefined) reject('EXPIRED', '"exp" is missing or no instant')
  const issuedAt = instantOf(claims['iat'])
  if (issuedAt === undefined) reject('ISSUED_AT', '"iat" is missing or no instant')
  const validFrom = claims['nbf'] === undefined ? issuedAt : instantOf(claims['nbf'])
  if (validFrom === undefined) reject('NOT_YET_VALID', '"nbf" is no instant')
  return { expiresAt, issuedAt, validFrom }
}

function checkAccessTokenHash(expected: unknown, algorithm: string, accessToken: string): void {
  if (expected === undefined) return
  // EdDSA names no hash; Ed25519 goes with SHA-512.
  const bits = /(256|384|512)$/.exec(algorithm)?.[1] ?? '512'
  const hash = createHash(`sha${algorithm === 'Ed25519' ? '512' : bits}`).update(accessToken)
  const digest = hash.digest()
  const half = digest.subarray(0, digest.length / 2).toString('base64url')
  if (typeof expected !== 'string' || !equalInConstantTime(expected, half)) {
    reject('ACCESS_TOKEN_HASH', '"at_hash" does not belong to the access token')
  }
}

/** The audiences of an `aud`; undefined for what is none. */
export function audiencesOf(value: unknown): string[] | undefined {
  const list: unknown[] = Array.isArray(value) ? value : [value]
  return list.length > 0 && list.every((each): each is string => typeof each === 'string')
    ? list
    : undefined
}

type Suffix<Code> = Code extends `ERR_ID_TOKEN_${infer Rest}` ? Rest : never

function reject(what: Suffix<OidcErrorCode>, message: string): never {
  throw fault(what, message)
}

function fault(what: Suffix<OidcErrorCode>, message: string): OidcError {
  return new OidcError(`ERR_ID_TOKEN_${what}`, message)
}

function shown(value: unknown): string {
  return (JSON.stringify(value) ?? 'undefined').slice(0, 200)
}

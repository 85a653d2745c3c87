import { decodeJwt } from 'jose'
import type { ProviderConfig } from '../config/schema.js'
import type { Identity } from '../session/session.js'
import { OidcError } from './errors.js'
import { audiencesOf, instantOf } from './id-token.js'
import { identityFrom } from './identity-from.js'
import type { JsonObject } from './json-object.js'
import type { Provider } from './provider.js'
import { verifySignedToken } from './signed-token.js'

/** What a verified access token says; whether its audience and scopes are enough is each route's to tell. */
export interface AccessToken {
  readonly identity: Identity
  /** The token itself, in the form in which a session has it. */
  readonly tokens: { readonly accessToken: string }
  readonly audiences: readonly string[]
  readonly scopes: readonly string[]
  /** From when on it would be refused; epoch milliseconds. */
  readonly endsAt: number
}

/** All that a public key can verify; what the provider announces is for ID tokens only. */
const algorithms = 'RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA Ed25519'.split(' ')

const noSecrets = async () => []

const types = {
  'at+jwt': /^(application\/)?at\+jwt$/i,
  lax: /^(application\/)?(at\+)?jwt$/i,
}

/**
 * Verifies a JWT access token that a client presents (RFC 9068 §4): the type, the signature by a key of the
 * issuer, the issuer, the times and the subject. Throws OidcError ERR_BEARER_TOKEN, or ERR_PROVIDER_* when
 * it cannot be told now.
 */
export async function verifyAccessToken(
  provider: Pick<Provider, 'keys' | 'config'>,
  token: string,
  now: number,
): Promise<AccessToken> {
  const { config } = provider
  const claims = await verifySignature(provider, token)
  if (claims['iss'] !== config.issuer) reject('"iss" is not the issuer')
  const audiences = audiencesOf(claims['aud'])
  if (audiences === undefined) reject('"aud" is missing or holds what is no text')
  if (config.accessTokenType === 'lax') checkPurpose(claims, audiences, config)
  const endsAt = checkTimes(claims, config.clockTolerance, now)
  // Whoever stole it could not use it, if somebody looked: nobody here does (RFC 9449 §7.2, RFC 8705 §3).
  if (claims['cnf'] !== undefined) reject('"cnf" binds it to a key, which is not verified here')
  const { sub } = claims
  if (typeof sub !== 'string' || sub === '' || sub.length > 255) {
    reject('"sub" is missing, no text, or longer than 255 characters')
  }
  return {
    identity: identityFrom(config, sub, claims),
    tokens: { accessToken: token },
    audiences,
    scopes: scopesOf(claims),
    endsAt,
  }
}

/** The issuer that a token names; undefined for what is no JWT. Verifies nothing. */
export function issuerNamedBy(token: string): string | undefined {
  try {
    return decodeJwt(token).iss
  } catch {
    return undefined
  }
}

async function verifySignature(
  { keys, config }: Pick<Provider, 'keys' | 'config'>,
  token: string,
): Promise<JsonObject> {
  const isTypeRequired = config.accessTokenType === 'at+jwt'
  const rules = { keys, algorithms, clientSecrets: noSecrets, types: types[config.accessTokenType] }
  try {
    return (await verifySignedToken(token, { ...rules, isTypeRequired })).claims
  } catch (error) {
    if (!(error instanceof OidcError) || !isVerdict(error)) throw error
    throw new OidcError('ERR_BEARER_TOKEN', error.message, { cause: error })
  }
}

/**
 * Whether the token is at fault. One with a key that was unknown at the last fetch is: anybody can make
 * those up, and 503 would have each of them look like an outage. A client whose key is newer than the
 * fetch gets in at the next.
 */
function isVerdict({ code }: OidcError): boolean {
  return code.startsWith('ERR_ID_TOKEN_') || code === 'ERR_PROVIDER_UNAVAILABLE_KEY'
}

/** What the claims of ID tokens and logout tokens have that those of access tokens have not. */
const foreignClaims = ['nonce', 'at_hash', 'c_hash', 's_hash', 'events']

/** Without a type of its own, the claims tell an access token from what the issuer signs besides. */
function checkPurpose(claims: JsonObject, audiences: string[], config: ProviderConfig): void {
  const foreign = foreignClaims.find((name) => name in claims)
  if (foreign !== undefined) reject(`"${foreign}" is there, which no access token has`)
  if (audiences.includes(config.clientId)) reject('"aud" holds the client, like that of ID tokens')
  // Keycloak names the kind of its tokens here: Bearer, ID, Refresh, Logout.
  const { typ } = claims
  if (typ !== undefined && typ !== 'Bearer') reject('the claim "typ" is that of another token')
}

function checkTimes(claims: JsonObject, toleranceMs: number, now: number): number {
  const instant = (name: string): number => {
    const value = instantOf(claims[name])
    return value ?? reject(`"${name}" is missing or no instant`)
  }
  const expiresAt = instant('exp')
  if (expiresAt + toleranceMs <= now) reject('it is expired')
  if (instant('iat') > now + toleranceMs) reject('"iat" is in the future')
  if (claims['nbf'] !== undefined && instant('nbf') > now + toleranceMs) {
    reject('it is not valid yet')
  }
  return expiresAt + toleranceMs
}

/** `scope` is a text (RFC 9068 §2.2.3); `scp` a text at Entra ID and a list at Okta. */
function scopesOf({ scope, scp }: JsonObject): readonly string[] {
  const stated: unknown = scope ?? scp
  if (typeof stated === 'string') return stated.split(' ').filter((each) => each !== '')
  const list: unknown[] = Array.isArray(stated) ? stated : []
  return list.filter((each): each is string => typeof each === 'string')
}

function reject(message: string): never {
  throw new OidcError('ERR_BEARER_TOKEN', message)
}

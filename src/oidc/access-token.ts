import { decodeJwt } from 'jose'
import { signatureAlgorithms } from '../config/signature-algorithms.js'
import { type AccessToken, accessTokenFrom, checkPurpose, reject } from './access-token-claims.js'
import { type AccessTokenIssuer, isOfIssuer } from './access-token-issuers.js'
import type { OidcError } from './errors.js'
import { audiencesOf } from './id-token.js'
import type { Provider } from './provider.js'
import { isTokenFault, verifyOtherToken } from './signed-token.js'

/** All that a public key can verify; what the provider announces is for ID tokens only. */
const algorithms = [...signatureAlgorithms, 'Ed25519']

const noSecrets = async () => []

const types = {
  'at+jwt': /^(application\/)?at\+jwt$/i,
  lax: /^(application\/)?(at\+)?jwt$/i,
}

const acceptedForMs = 60_000

/**
 * Verifies a JWT access token that a client presents (RFC 9068 §4): the type, the signature by a key of the
 * issuer, the issuer, the times, the subject and what the settings ask of claims. Throws OidcError
 * ERR_BEARER_TOKEN, or ERR_PROVIDER_* when it cannot be told now.
 */
export async function verifyAccessToken(
  provider: AccessTokenIssuer & Pick<Provider, 'keys'>,
  token: string,
  now: number,
): Promise<AccessToken> {
  const { config } = provider
  const rules = {
    keys: provider.keys,
    algorithms,
    clientSecrets: noSecrets,
    types: types[config.accessTokenType],
    isTypeRequired: config.accessTokenType === 'at+jwt',
  }
  const claims = await verifyOtherToken('ERR_BEARER_TOKEN', token, rules, isVerdict)
  if (!isOfIssuer(provider, claims)) reject('"iss" is not the issuer')
  if (config.accessTokenType === 'lax') {
    checkPurpose(claims)
    if (audiencesOf(claims['aud'])?.includes(config.clientId) === true) {
      reject('"aud" holds the client, like that of ID tokens')
    }
  }
  const verified = { token, claims, length: token.length, maxAgeMs: acceptedForMs }
  return accessTokenFrom(provider, verified, { now, times: 'required' })
}

/** The issuer that a token names; undefined for what is no JWT. Verifies nothing. */
export function issuerNamedBy(token: string): string | undefined {
  try {
    return decodeJwt(token).iss
  } catch {
    return undefined
  }
}

/**
 * Whether the token is at fault. One with a key that was unknown at the last fetch is: anybody can make
 * those up, and 503 would have each of them look like an outage. A client whose key is newer than the
 * fetch gets in at the next.
 */
function isVerdict(error: OidcError): boolean {
  return isTokenFault(error) || error.code === 'ERR_PROVIDER_UNAVAILABLE_KEY'
}

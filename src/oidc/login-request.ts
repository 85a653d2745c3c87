import {
  buildAuthorizationUrl,
  calculatePKCECodeChallenge,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
  type Configuration,
} from 'openid-client'
import type { ProviderConfig } from '../config/schema.js'

/** What is kept of a login, sealed in a cookie, until the provider answers. */
export interface LoginTransaction {
  readonly providerId: string
  readonly state: string
  readonly nonce: string
  readonly codeVerifier: string
  readonly createdAt: number
}

/** Makes the values of a new login: 256 random bits each, never used twice. */
export function createLoginTransaction(
  providerId: string,
  stateSuffix: string,
  now: number,
): LoginTransaction {
  return {
    providerId,
    state: randomState() + stateSuffix,
    nonce: randomNonce(),
    codeVerifier: randomPKCECodeVerifier(),
    createdAt: now,
  }
}

/**
 * The URL of the authorization request (Core §3.1.2.1). PKCE S256 goes with every request, whatever
 * the metadata says of it (RFC 7636 §4.2, RFC 9700 §2.1.1).
 */
export async function buildLoginUrl(
  client: Configuration,
  config: ProviderConfig,
  transaction: LoginTransaction,
  redirectUri: string,
): Promise<string> {
  const { scopes, responseMode, prompt, acrValues, maxAge } = config
  const url = buildAuthorizationUrl(client, {
    response_type: 'code',
    scope: scopes.join(' '),
    // As openid-client writes it in the token request, where it must be the same.
    redirect_uri: new URL(redirectUri).href,
    state: transaction.state,
    nonce: transaction.nonce,
    code_challenge: await calculatePKCECodeChallenge(transaction.codeVerifier),
    code_challenge_method: 'S256',
    ...(responseMode === 'query' ? {} : { response_mode: responseMode }),
    ...(prompt === undefined ? {} : { prompt }),
    ...(acrValues === undefined ? {} : { acr_values: acrValues.join(' ') }),
    ...(maxAge === undefined ? {} : { max_age: String(Math.floor(maxAge / 1000)) }),
  })
  return url.href
}

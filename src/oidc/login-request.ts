import {
  calculatePKCECodeChallenge,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
} from 'openid-client'
import type { ProviderConfig } from '../config/schema.js'
import { jwkThumbprint } from '../config/thumbprints.js'
import type { DemandedClaims } from '../session/demanded-claims.js'
import type { DpopKey } from '../session/dpop-key.js'
import { asksForAcr, claimsParameter, essentialAcr, requestedClaims } from './requested-claims.js'
import type { Hints } from './start-hints.js'

/** What is kept of a login, sealed in a cookie, until the provider answers. */
export interface LoginTransaction {
  readonly providerId: string
  /** The issuer that the settings had for it. Absent in logins that the release before began. */
  readonly issuer?: string
  readonly state: string
  readonly nonce: string
  readonly codeVerifier: string
  readonly createdAt: number
  /** What the tokens are to be bound to. */
  readonly dpopKey?: DpopKey
}

/** What a login is to bring beyond what the provider's settings ask. */
export interface LoginDemand {
  /** Instead of those of the settings. */
  readonly acrValues?: readonly string[]
  readonly maxAgeMs?: number
  /** Beyond those of the settings. */
  readonly claims?: DemandedClaims
  /** Whether the person has to authenticate even if the provider knows them. */
  readonly forcesLogin?: boolean
}

/** What an authorization request asks for, and what the ID token therefore has to bring (CORE-13, CORE-14). */
export interface AskedLogin {
  /** One of these; any at all when the list is empty. */
  readonly acrValues: readonly string[] | undefined
  readonly maxAgeMs: number | undefined
}

export function askedLogin(
  settings: Pick<ProviderConfig, 'acrValues' | 'maxAge' | 'claims'>,
  demand: LoginDemand = {},
): AskedLogin {
  const claims = requestedClaims(settings, demand.claims)
  const ages = [settings.maxAge, demand.maxAgeMs].filter((age) => age !== undefined)
  return {
    acrValues: demand.acrValues ?? settings.acrValues ?? essentialAcr(claims),
    maxAgeMs: ages.length === 0 ? undefined : Math.min(...ages),
  }
}

/** Makes the values of a new login: 256 random bits each, never used twice. */
export function createLoginTransaction(
  { id: providerId, issuer }: Pick<ProviderConfig, 'id' | 'issuer'>,
  stateSuffix: string,
  dpopKey: DpopKey | undefined,
  now: number,
): LoginTransaction {
  return {
    providerId,
    issuer,
    state: randomState() + stateSuffix,
    nonce: randomNonce(),
    codeVerifier: randomPKCECodeVerifier(),
    createdAt: now,
    ...(dpopKey === undefined ? {} : { dpopKey }),
  }
}

/**
 * The parameters of an authorization request (Core §3.1.2.1), `client_id` excepted. PKCE S256 goes with every request, whatever
 * the metadata says of it (RFC 7636 §4.2, RFC 9700 §2.1.1). Parameters of the settings and hints never take
 * the place of what a login is made of.
 */
export async function loginParameters(
  config: ProviderConfig,
  transaction: LoginTransaction,
  asked: {
    readonly redirectUri: string
    readonly demand?: LoginDemand | undefined
    readonly hints?: Hints | undefined
  },
): Promise<URLSearchParams> {
  const { redirectUri, demand = {}, hints = new Map() } = asked
  const { scopes, responseMode, resources, extraParameters } = config
  const claims = requestedClaims(config, demand.claims)
  const { acrValues, maxAgeMs } = askedLogin(config, demand)
  const { dpopKey } = transaction
  const prompt = demand.forcesLogin === true ? 'login' : (hints.get('prompt') ?? config.prompt)
  const parameters = new URLSearchParams({
    ...extraParameters,
    ...Object.fromEntries(hints),
    response_type: 'code',
    scope: scopes.join(' '),
    // As openid-client writes it in the token request, where it must be the same.
    redirect_uri: new URL(redirectUri).href,
    state: transaction.state,
    nonce: transaction.nonce,
    code_challenge: await calculatePKCECodeChallenge(transaction.codeVerifier),
    code_challenge_method: 'S256',
    // Ties the code to the key before anybody has it (RFC 9449 §10).
    ...(dpopKey === undefined ? {} : { dpop_jkt: jwkThumbprint(dpopKey) }),
    ...(responseMode === 'query' ? {} : { response_mode: responseMode }),
    ...(prompt === undefined ? {} : { prompt }),
    ...(acrValues === undefined || asksForAcr(claims) ? {} : { acr_values: acrValues.join(' ') }),
    ...(maxAgeMs === undefined ? {} : { max_age: String(Math.floor(maxAgeMs / 1000)) }),
    ...(claims === undefined ? {} : { claims: claimsParameter(claims, demand.acrValues) }),
  })
  for (const resource of resources) parameters.append('resource', resource)
  return parameters
}

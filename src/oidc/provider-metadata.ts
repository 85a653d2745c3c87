import { fapiAlgorithms } from '../config/fapi.js'
import { toggleSlash } from '../config/issuer-template.js'
import type { ProviderConfig } from '../config/schema.js'
import { signatureAlgorithms } from '../config/signature-algorithms.js'
import type { JsonObject } from '../json-object.js'
import { chooseDpopAlgorithm, type DpopAlgorithm } from './dpop.js'
import { requireFapi } from './fapi.js'
import { OidcError } from './errors.js'
import { withMtlsAliases } from './mtls-aliases.js'
import { objectionToUrl } from './provider-url.js'

/** What Valetkey uses of the provider's metadata, checked. */
export interface ProviderMetadata {
  /** As tokens name it; a template where it stands for many tenants. */
  readonly issuer: string
  readonly authorizationEndpoint: string
  readonly tokenEndpoint: string
  readonly jwksUri: string
  readonly userinfoEndpoint?: string
  readonly endSessionEndpoint?: string
  readonly revocationEndpoint?: string
  readonly pushedRequestEndpoint?: string
  /** RFC 9126 §5: authorization requests that were not pushed are refused. */
  readonly requiresPushedRequests: boolean
  readonly introspectionEndpoint?: string
  /** RFC 9101 §10.5: authorization requests that are not signed are refused. */
  readonly requiresSignedRequests: boolean
  /** RFC 9207 §3: the authorization response carries `iss`. */
  readonly sendsIssuer: boolean
  /** Undefined when the provider lists none. */
  readonly scopesSupported?: readonly string[]
  /** What access tokens name as their issuer, where it is another (AD FS). */
  readonly accessTokenIssuer?: string
  /** The signature algorithms that an ID token may have. */
  readonly idTokenAlgorithms: readonly string[]
  /** Those that an authorization response may have which is a JWT. */
  readonly responseAlgorithms: readonly string[]
  /** What proofs of possession are signed with, where the configuration asks for them. */
  readonly dpopAlgorithm?: DpopAlgorithm
}

const asymmetricAlgorithms: ReadonlySet<string> = new Set([...signatureAlgorithms, 'Ed25519'])

/** Where the metadata of a provider is, by default below its issuer (Discovery 1.0 §4.1). */
export function discoveryUrl({
  issuer,
  discoveryUrl: configured,
}: Pick<ProviderConfig, 'issuer' | 'discoveryUrl'>): string {
  return configured ?? `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
}

/**
 * Checks provider metadata (Discovery 1.0 §3, §4.3). Throws OidcError ERR_PROVIDER_ISSUER when it is
 * that of another issuer, ERR_PROVIDER_METADATA when an endpoint is missing or must not be used.
 */
export function validateProviderMetadata(
  document: JsonObject,
  config: ProviderConfig,
): ProviderMetadata {
  const issuer: unknown = document['issuer']
  if (!isIssuer(issuer, config)) {
    throw new OidcError(
      'ERR_PROVIDER_ISSUER',
      `the metadata at ${discoveryUrl(config)} is that of ${JSON.stringify(issuer)}, not of the configured issuer "${config.issuer}"`,
    )
  }
  const endpoints =
    config.tls?.certFile === undefined ? document : withMtlsAliases(document, config)
  const optional = (name: string): string | undefined => {
    const value = endpoints[name]
    if (value === undefined || value === null) return undefined
    const objection = typeof value === 'string' ? objectionToUrl(value, config) : 'is no text'
    if (objection === undefined && typeof value === 'string') return value
    throw new OidcError(
      'ERR_PROVIDER_METADATA',
      `"${name}" ${JSON.stringify(value).slice(0, 200)} ${objection}`,
    )
  }
  const required = (name: string): string => {
    const value = optional(name)
    if (value === undefined) {
      throw new OidcError('ERR_PROVIDER_METADATA', `the metadata has no "${name}"`)
    }
    return value
  }
  if (config.profile !== undefined) requireFapi(document, config)
  const scopesSupported: unknown = document['scopes_supported']
  const accessTokenIssuer: unknown = document['access_token_issuer']
  const userinfoEndpoint = optional('userinfo_endpoint')
  const endSessionEndpoint = optional('end_session_endpoint')
  const revocationEndpoint = optional('revocation_endpoint')
  const pushedRequestEndpoint = optional('pushed_authorization_request_endpoint')
  const introspectionEndpoint = optional('introspection_endpoint')
  return {
    issuer,
    authorizationEndpoint: required('authorization_endpoint'),
    tokenEndpoint: required('token_endpoint'),
    jwksUri: required('jwks_uri'),
    ...(userinfoEndpoint === undefined ? {} : { userinfoEndpoint }),
    ...(endSessionEndpoint === undefined ? {} : { endSessionEndpoint }),
    ...(revocationEndpoint === undefined ? {} : { revocationEndpoint }),
    ...(pushedRequestEndpoint === undefined ? {} : { pushedRequestEndpoint }),
    requiresPushedRequests: document['require_pushed_authorization_requests'] === true,
    ...(config.dpop === 'off' ? {} : { dpopAlgorithm: requireDpop(document) }),
    ...(introspectionEndpoint === undefined ? {} : { introspectionEndpoint }),
    requiresSignedRequests: document['require_signed_request_object'] === true,
    ...(isListOfText(scopesSupported) ? { scopesSupported } : {}),
    ...(typeof accessTokenIssuer === 'string' ? { accessTokenIssuer } : {}),
    sendsIssuer: document['authorization_response_iss_parameter_supported'] === true,
    idTokenAlgorithms: acceptedAlgorithms(
      document['id_token_signing_alg_values_supported'],
      config.idTokenSigningAlgorithms,
    ),
    responseAlgorithms: asymmetricOf(document['authorization_signing_alg_values_supported']).filter(
      (algorithm) => config.profile === undefined || fapiAlgorithms.includes(algorithm),
    ),
  }
}

/** Better told here than after each login (RFC 9449 §5.1). */
function requireDpop(document: JsonObject): DpopAlgorithm {
  const algorithm = chooseDpopAlgorithm(document['dpop_signing_alg_values_supported'])
  if (algorithm !== undefined) return algorithm
  throw new OidcError(
    'ERR_PROVIDER_METADATA',
    'the provider announces no DPoP ("dpop_signing_alg_values_supported") with ES256 or EdDSA, which the configuration requires',
  )
}

/** Whether the metadata are those of the configured issuer; exactly, but for a slash where it may differ. */
function isIssuer(
  named: unknown,
  { issuer, issuerSlash }: Pick<ProviderConfig, 'issuer' | 'issuerSlash'>,
): named is string {
  if (named === issuer) return true
  if (issuerSlash !== 'either' || typeof named !== 'string') return false
  return named === toggleSlash(issuer)
}

function isListOfText(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}

function acceptedAlgorithms(announced: unknown, configured: readonly string[] | undefined) {
  if (configured !== undefined) return configured
  const accepted = asymmetricOf(announced)
  if (accepted.length > 0) return accepted
  throw new OidcError(
    'ERR_PROVIDER_METADATA',
    'the provider announces no asymmetric signature algorithm for ID tokens',
  )
}

function asymmetricOf(announced: unknown): string[] {
  // A provider that announces none must support RS256 all the same (Discovery 1.0 §3, JARM §3).
  const names: unknown[] = Array.isArray(announced) ? announced : ['RS256']
  return names.filter(
    (name): name is string => typeof name === 'string' && asymmetricAlgorithms.has(name),
  )
}

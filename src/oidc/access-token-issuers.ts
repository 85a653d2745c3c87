import type { JsonObject } from '../json-object.js'
import type { Discovery } from './discovery.js'
import { isIssuedBy, isNamed } from './issued-by.js'
import type { Provider } from './provider.js'

export type AccessTokenIssuer = Pick<Provider, 'config' | 'issuer'> & {
  readonly discovery: Pick<Discovery, 'current'>
}

/** Whether an access token that names that issuer may be one of that provider. Verifies nothing. */
export function issuesAccessTokens(provider: AccessTokenIssuer, named: string): boolean {
  const { tenants, issuerSlash } = provider.config
  return issuersOf(provider).some((issuer) => isNamed(named, { issuer, issuerSlash, tenants }))
}

/** Whether the claims of an access token come from an issuer that the provider has for them. */
export function isOfIssuer(provider: AccessTokenIssuer, claims: JsonObject): boolean {
  const { tenants } = provider.config
  return issuersOf(provider).some((issuer) => isIssuedBy(claims, { issuer, tenants }))
}

/** All that an access token of that provider may name as its issuer, templates included. */
function issuersOf({ issuer, discovery, config }: AccessTokenIssuer): string[] {
  const announced = discovery.current()?.accessTokenIssuer
  const others = announced === undefined ? [] : [announced]
  return [issuer(), ...config.accessTokenIssuers, ...others]
}

import { isTemplate, issuerOfTenant, issuersOf } from '../config/issuer-template.js'
import type { ProviderConfig } from '../config/schema.js'
import type { JsonObject } from '../json-object.js'

/** An issuer as tokens may name it; with tenants where it is a template for many. */
export interface IssuerRules {
  readonly issuer: string
  readonly tenants: readonly string[]
}

/**
 * Whether claims come from that issuer. Where it is a template for many tenants, from that of the tenant
 * in `tid`, which must be listed: else anybody with a tenant of their own would be let in.
 */
export function isIssuedBy(claims: JsonObject, { issuer, tenants }: IssuerRules): boolean {
  if (!isTemplate(issuer)) return claims['iss'] === issuer
  const { tid } = claims
  if (typeof tid !== 'string' || !tenants.includes(tid)) return false
  return claims['iss'] === issuerOfTenant(issuer, tid)
}

/** The issuer of a person, which with `sub` is their key: that of their tenant where there are many. */
export function issuerOf(claims: JsonObject, issuer: string): string {
  const { tid } = claims
  return typeof tid === 'string' ? issuerOfTenant(issuer, tid) : issuer
}

/** Whether that is an issuer by which the settings mean this provider, whatever its metadata will be. */
export function isNamed(
  named: unknown,
  settings: Pick<ProviderConfig, 'issuer' | 'issuerSlash' | 'tenants'>,
): boolean {
  return issuersOf(settings).some((issuer) => issuer === named)
}

import type { ProviderConfig } from '../config/schema.js'
import { isJsonObject } from './json-object.js'

type Claims = ProviderConfig['claims']

/** Whether the `claims` parameter is where `acr` is asked for. */
export function asksForAcr(claims: Claims): boolean {
  return claims?.id_token !== undefined && 'acr' in claims.id_token
}

/**
 * What `acr` an ID token must have because `claims` asks for it as essential (Core §5.5.1.1): one of
 * these, or any at all when the list is empty. Undefined when it need not have one.
 */
export function essentialAcr(claims: Claims): readonly string[] | undefined {
  const request = claims?.id_token?.['acr']
  if (!isJsonObject(request) || request['essential'] !== true) return undefined
  const { value, values } = request
  const listed: unknown[] = Array.isArray(values) ? values : value === undefined ? [] : [value]
  return listed.map(String)
}

/**
 * The `claims` parameter, as JSON. What a login demands beyond the settings takes the place of the `acr`
 * that they ask for.
 */
export function claimsParameter(
  claims: NonNullable<Claims>,
  acrDemanded: readonly string[] | undefined,
): string {
  if (acrDemanded === undefined || !asksForAcr(claims)) return JSON.stringify(claims)
  const acr = { essential: true, values: acrDemanded }
  return JSON.stringify({ ...claims, id_token: { ...claims.id_token, acr } })
}

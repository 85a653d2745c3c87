import type { ProviderConfig } from '../config/schema.js'
import { isJsonObject } from '../json-object.js'
import type { DemandedClaims } from '../session/demanded-claims.js'

type Claims = ProviderConfig['claims']

/**
 * The claims of the settings, with those that an upstream demands of this login. What the settings ask of a
 * claim stays as it is, unless they take it with any value.
 */
export function requestedClaims(
  { claims, acrValues }: Pick<ProviderConfig, 'claims' | 'acrValues'>,
  demanded: DemandedClaims | undefined,
): Claims {
  const all = { ...claims }
  for (const place of ['access_token', 'id_token'] as const) {
    const settled = { ...claims?.[place] }
    if (place === 'id_token' && acrValues !== undefined) settled['acr'] = acrValues
    const added = Object.entries(demanded?.[place] ?? {}).filter(
      ([name]) => (settled[name] ?? null) === null,
    )
    if (added.length > 0) all[place] = { ...claims?.[place], ...Object.fromEntries(added) }
  }
  return Object.keys(all).length === 0 ? undefined : all
}

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

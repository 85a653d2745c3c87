import type { JsonObject } from '../json-object.js'

/**
 * The claims, with those that are missing filled in from others as the settings say. That the provider verified an
 * address it does not say of a text which stands in for one, and which people may often choose themselves.
 */
export function withFallbacks(
  claims: JsonObject,
  fallbacks: Readonly<Record<string, readonly string[]>>,
): JsonObject {
  const found = Object.entries(fallbacks).flatMap(([name, others]) => {
    if (Object.hasOwn(claims, name)) return []
    const other = others.find((each) => Object.hasOwn(claims, each))
    return other === undefined ? [] : [[name, claims[other]] as const]
  })
  if (found.length === 0) return claims
  const filled = Object.fromEntries(found)
  const known = Object.hasOwn(filled, 'email') ? withoutVerifiedEmail(claims) : claims
  return { ...known, ...filled }
}

/** Claims without the word that the address was verified, for another one; that it was not stays. */
export function withoutVerifiedEmail(claims: JsonObject): JsonObject {
  const { email_verified: isVerified, ...others } = claims
  return isVerified === true || isVerified === 'true' ? others : claims
}

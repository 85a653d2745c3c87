import type { JsonObject } from './json-object.js'

/** The claims, with those that are missing filled in from others as the settings say. */
export function withFallbacks(
  claims: JsonObject,
  fallbacks: Readonly<Record<string, readonly string[]>>,
): JsonObject {
  const found = Object.entries(fallbacks).flatMap(([name, others]) => {
    if (Object.hasOwn(claims, name)) return []
    const other = others.find((each) => Object.hasOwn(claims, each))
    return other === undefined ? [] : [[name, claims[other]] as const]
  })
  return found.length === 0 ? claims : { ...claims, ...Object.fromEntries(found) }
}

import type { JsonObject } from '../json-object.js'

/**
 * The first claim that has none of the values it must have one of; undefined when all do. Texts are
 * compared as they are, never taken apart, and a list must hold one.
 */
export function unmetClaim(
  claims: JsonObject,
  required: Readonly<Record<string, readonly string[]>>,
): string | undefined {
  return Object.entries(required).find(([name, wanted]) => {
    const value: unknown = Object.hasOwn(claims, name) ? claims[name] : undefined
    const held: unknown[] = Array.isArray(value) ? value : [value]
    return !held.some((each) => typeof each === 'string' && wanted.includes(each))
  })?.[0]
}

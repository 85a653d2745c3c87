import type { Identity } from '../session/session.js'
import { isJsonObject } from '../json-object.js'

/**
 * A claim's name, taken literally whatever characters it has, or the path to a nested one. In a path `*`
 * stands for all members of an object, unless one has that very name.
 */
export type ClaimPath = string | readonly string[]

type Claims = Identity['claims']

/** Reads a claim; undefined when it is absent. Nothing inherited counts (`constructor`, `__proto__`). */
export function readClaim(claims: Claims, path: ClaimPath): unknown {
  if (typeof path === 'string') return ownValue(claims, path)
  return path.reduce<unknown>(stepInto, claims)
}

function stepInto(
  container: unknown,
  name: string,
  index: number,
  path: readonly string[],
): unknown {
  const isWide = path.slice(0, index).includes('*')
  if (name === '*' && isJsonObject(container) && !Object.hasOwn(container, name)) {
    return Object.values(container)
  }
  if (!isWide || !Array.isArray(container)) return ownValue(container, name)
  return container.flatMap((member) => ownValue(member, name) ?? [])
}

/** Reads a claim that must be text; undefined when it is absent, empty or anything else. */
export function readText(claims: Claims, name: string): string | undefined {
  const value = ownValue(claims, name)
  return typeof value === 'string' && value !== '' ? value : undefined
}

const ownValue = (container: unknown, name: string): unknown =>
  isJsonObject(container) && Object.hasOwn(container, name) ? container[name] : undefined

/**
 * The values of a claim in whatever form providers send lists: a list of texts or of objects with a `name` or
 * `value`, a text with commas, a JSON list in a text, or an object whose keys are the values (its members
 * objects or true). Truth values and numbers count as their text; what has no text is left out.
 */
export function claimValues(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(elementText)
  if (typeof value === 'string') return textValues(value)
  if (isJsonObject(value)) {
    return Object.keys(value).filter((key) => value[key] === true || isJsonObject(value[key]))
  }
  return elementText(value)
}

function textValues(text: string): readonly string[] {
  if (text.startsWith('[')) {
    const list = parseJson(text)
    if (Array.isArray(list)) return list.flatMap(elementText)
  }
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
}

function elementText(element: unknown): readonly string[] {
  if (typeof element === 'string') return element === '' ? [] : [element]
  if (typeof element === 'boolean' || typeof element === 'bigint') return [String(element)]
  if (typeof element === 'number') return Number.isFinite(element) ? [String(element)] : []
  const named = ownValue(element, 'name') ?? ownValue(element, 'value')
  return typeof named === 'string' && named !== '' ? [named] : []
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

// Texts that people may often choose themselves. Taken apart at commas, `Eve,admin` would be an admin.
const chosenByPeople = new Set([
  'sub',
  'name',
  'given_name',
  'family_name',
  'middle_name',
  'nickname',
  'preferred_username',
  'profile',
  'picture',
  'website',
  'email',
  'phone_number',
  'zoneinfo',
  'locale',
  'address',
])

// Lists that a standard separates by spaces (RFC 9068 §2.2.3, RFC 8693 §4.2). Other texts are never taken
// apart at spaces: `Domain Admins` has nothing to do with `Admins`.
const spaceSeparated = new Set(['scope', 'scp'])

/** Whether the claim has one of the wanted values, as a whole or, where that is safe, within a list in a text. */
export function claimMatches(
  path: ClaimPath,
  value: unknown,
  wanted: ReadonlySet<string>,
): boolean {
  if (typeof value !== 'string') return claimValues(value).some((text) => wanted.has(text))
  if (wanted.has(value)) return true
  const names = typeof path === 'string' ? [path] : path
  if (names.some((name) => chosenByPeople.has(name))) return false
  const isSpaced = spaceSeparated.has(names.at(-1) ?? '')
  const values = isSpaced ? value.split(' ') : claimValues(value)
  return values.some((text) => wanted.has(text))
}

/** Whether the provider keeps the claim elsewhere (Core §5.6.2), so that nobody here knows what it holds. */
export function isKeptElsewhere(claims: Claims, path: ClaimPath): boolean {
  const name = typeof path === 'string' ? path : path[0]
  if (name === undefined || Object.hasOwn(claims, name)) return false
  return ownValue(ownValue(claims, '_claim_names'), name) !== undefined
}

/** The groups of the person, each once, in the provider's order. */
export function groupsOf(identity: Identity, groupsClaim: ClaimPath): readonly string[] {
  return [...new Set(claimValues(readClaim(identity.claims, groupsClaim)))]
}

/**
 * Whether the provider says that it verified the address; some say so in a text. `ifUnsaid` counts where
 * it says nothing at all.
 */
export function isEmailVerified(claims: Claims, ifUnsaid = false): boolean {
  const verified = ownValue(claims, 'email_verified')
  return verified === undefined ? ifUnsaid : saysYes(verified)
}

const saysYes = (value: unknown) => value === true || value === 'true'

/**
 * The address to tell applications: absent when the provider says that it is not verified. Providers that
 * say nothing (Entra ID) are believed here, but not by the rules about addresses.
 */
export function emailOf(identity: Identity): string | undefined {
  if (!isEmailVerified(identity.claims, true)) return undefined
  return readText(identity.claims, 'email')
}

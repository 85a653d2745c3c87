import type { RouteConfig } from '../config/schema.js'
import {
  type ClaimPath,
  claimMatches,
  groupsOf,
  isEmailVerified,
  readClaim,
  readText,
} from '../identity/claims.js'
import type { Identity } from '../session/session.js'
import { canonicalDomain, parseEmail } from './email.js'

type RequireConfig = NonNullable<RouteConfig['require']>

/**
 * What an identity lacks. `acr` and `maxAge` can be mended by authenticating again, the others cannot.
 */
export type Missing =
  | { readonly kind: 'groups'; readonly anyOf: readonly string[] }
  | { readonly kind: 'emails' }
  | { readonly kind: 'emailDomains'; readonly anyOf: readonly string[] }
  | { readonly kind: 'claim'; readonly name: string; readonly anyOf: readonly string[] }
  | { readonly kind: 'acr'; readonly anyOf: readonly string[] }
  | { readonly kind: 'maxAge'; readonly maxAgeMs: number }

export interface RuleOptions {
  /** Where the provider of the identity puts the groups. */
  readonly groupsClaim: ClaimPath
}

type Rule = (identity: Identity, now: number, options: RuleOptions) => Missing | undefined

/** The rules of one route, compiled; all of them must hold. */
export interface Requirements {
  readonly rules: readonly Rule[]
}

export function compileRequirements(require: RequireConfig): Requirements {
  const lasting: Rule[] = []
  if (require.groups !== undefined) lasting.push(requireGroups(require.groups))
  if (require.emails !== undefined) lasting.push(requireEmails(require.emails))
  if (require.emailDomains !== undefined) lasting.push(requireEmailDomains(require.emailDomains))
  for (const [name, values] of Object.entries(require.claims ?? {})) {
    lasting.push(requireClaim(name, values))
  }
  if (require.acr !== undefined) lasting.push(requireAcr(require.acr))
  const rules = lasting.map(rememberVerdicts)
  if (require.maxAge !== undefined) rules.push(requireMaxAge(require.maxAge))
  return { rules }
}

/** A rule without `now` says the same of an identity each time; people in a thousand groups make many requests. */
function rememberVerdicts(rule: Rule): Rule {
  const verdicts = new WeakMap<
    Identity,
    { readonly groupsClaim: ClaimPath; readonly missing: Missing | undefined }
  >()
  return (identity, now, options) => {
    const known = verdicts.get(identity)
    if (known?.groupsClaim === options.groupsClaim) return known.missing
    const missing = rule(identity, now, options)
    verdicts.set(identity, { groupsClaim: options.groupsClaim, missing })
    return missing
  }
}

/** Answers what the identity lacks; an empty list when it satisfies all requirements. */
export function checkRequirements(
  require: Requirements,
  identity: Identity,
  now: number,
  options: RuleOptions,
): readonly Missing[] {
  return require.rules.flatMap((rule) => rule(identity, now, options) ?? [])
}

function requireGroups(anyOf: readonly string[]): Rule {
  const missing: Missing = { kind: 'groups', anyOf }
  const wanted = new Set(anyOf)
  return (identity, _now, { groupsClaim }) =>
    groupsOf(identity, groupsClaim).some((group) => wanted.has(group)) ? undefined : missing
}

function requireEmails(anyOf: readonly string[]): Rule {
  const wanted = new Set(anyOf.map((email) => parseEmail(email)?.address))
  return ({ claims }) => {
    const address = verifiedEmail(claims)?.address
    return address !== undefined && wanted.has(address) ? undefined : { kind: 'emails' }
  }
}

function requireEmailDomains(anyOf: readonly string[]): Rule {
  const missing: Missing = { kind: 'emailDomains', anyOf }
  const wanted = new Set(anyOf.map(canonicalDomain))
  return ({ claims }) => {
    const domain = verifiedEmail(claims)?.domain
    return domain !== undefined && wanted.has(domain) ? undefined : missing
  }
}

/** An address counts only when the provider says that it verified it (OpenID Connect Core §5.7). */
const verifiedEmail = (claims: Identity['claims']) =>
  isEmailVerified(claims) ? parseEmail(readText(claims, 'email')) : undefined

function requireClaim(name: string, anyOf: readonly string[]): Rule {
  const missing: Missing = { kind: 'claim', name, anyOf }
  const wanted = new Set(anyOf)
  return ({ claims }) => (claimMatches(name, readClaim(claims, name), wanted) ? undefined : missing)
}

function requireAcr(anyOf: readonly string[]): Rule {
  const missing: Missing = { kind: 'acr', anyOf }
  return ({ claims }) => {
    const acr = readText(claims, 'acr')
    return acr !== undefined && anyOf.includes(acr) ? undefined : missing
  }
}

function requireMaxAge(maxAgeMs: number): Rule {
  const missing: Missing = { kind: 'maxAge', maxAgeMs }
  // The absolute value: an authentication in the far future proves as little as one long ago.
  return ({ authenticatedAt = Number.NaN }, now) =>
    Math.abs(now - authenticatedAt) <= maxAgeMs ? undefined : missing
}

import { longestAcrValues } from '../access/step-up-challenge.js'
import { emailDomainFault, isAddressOrCidr } from './addresses.js'
import type { Finding, SettingPath } from './config-error.js'
import type { RouteDraft } from './draft.js'
import { parseDurationMs } from './duration.js'

type RuleDraft = NonNullable<RouteDraft['require']>

/** What cannot be meant in the `require` of a route. */
export function* requireContradictions(
  { auth, require, match }: RouteDraft,
  path: SettingPath,
): Generator<Finding> {
  if (!require) return
  if (auth === 'public') {
    yield {
      path,
      message: 'has no effect with auth: public, which lets everybody in; remove one of them',
    }
  }
  yield* ruleContradictions(require, path, { isOptional: auth === 'optional', isNegated: false })
  const { methods } = require
  if (!methods || !match?.methods || methods.includes(undefined)) return
  if (methods.some((method) => match.methods?.includes(method))) return
  yield {
    path: [...path, 'methods'],
    message: 'has none of match.methods, so that nobody gets in',
    assumes: [[...path.slice(0, -1), 'match', 'methods']],
  }
}

interface Place {
  /** Whether requests without a session pass the rule by. */
  readonly isOptional: boolean
  /** Whether a `not` stands somewhere around it. */
  readonly isNegated: boolean
}

function* ruleContradictions(rule: RuleDraft, path: SettingPath, place: Place): Generator<Finding> {
  if (Object.entries(rule).every(isNothing)) {
    const message = place.isNegated
      ? 'holds of everybody, so that nobody gets in; name groups, emails … or remove it'
      : 'requires nothing; name groups, emails … or remove it'
    yield { path, message }
    return
  }
  yield* identityContradictions(rule, path)
  yield* requestContradictions(rule, path, place)
  yield* authenticationContradictions(rule, path, place)
  for (const key of ['any', 'all'] as const) {
    for (const [index, each] of (rule[key] ?? []).entries()) {
      if (each !== undefined) yield* ruleContradictions(each, [...path, key, index], place)
    }
  }
  if (rule.not === undefined) return
  yield* ruleContradictions(rule.not, [...path, 'not'], { ...place, isNegated: true })
}

function* identityContradictions(rule: RuleDraft, path: SettingPath): Generator<Finding> {
  for (const [name, values] of Object.entries(rule.claims ?? {})) {
    if (name !== '__proto__' && values !== undefined) continue
    yield { path: [...path, 'claims', name], message: 'is no claim that a token can carry' }
  }
  for (const [index, email] of (rule.emails ?? []).entries()) {
    if (email === undefined || /^[^@\s]+@[^@\s]+$/.test(email)) continue
    yield { path: [...path, 'emails', index], message: 'is no email address' }
  }
  for (const [index, domain] of (rule.emailDomains ?? []).entries()) {
    const message = domain === undefined ? undefined : emailDomainFault(domain)
    if (message !== undefined) yield { path: [...path, 'emailDomains', index], message }
  }
}

function* requestContradictions(
  rule: RuleDraft,
  path: SettingPath,
  { isOptional }: Place,
): Generator<Finding> {
  for (const key of ['clientAddresses', 'methods'] as const) {
    if (!isOptional || rule[key] === undefined) continue
    yield {
      path: [...path, key],
      message:
        'does not hold back who is not signed in, whom auth: optional lets in; require the login, or choose by match',
    }
  }
  for (const [index, address] of (rule.clientAddresses ?? []).entries()) {
    if (address === undefined || isAddressOrCidr(address)) continue
    yield {
      path: [...path, 'clientAddresses', index],
      message: 'is no network; write a CIDR like 10.0.0.0/8 or fd00::/8',
    }
  }
}

function* authenticationContradictions(
  rule: RuleDraft,
  path: SettingPath,
  { isNegated }: Place,
): Generator<Finding> {
  for (const key of ['acr', 'maxAge'] as const) {
    if (!isNegated || rule[key] === undefined) continue
    yield {
      path: [...path, key],
      message: 'cannot stand within "not": nobody can be sent to authenticate worse',
    }
  }
  if ((rule.acr ?? []).join(' ').length > longestAcrValues) {
    yield {
      path: [...path, 'acr'],
      message: `is too long to be asked of a provider: at most ${longestAcrValues} characters together`,
    }
  }
  if (rule.maxAge !== undefined && parseDurationMs(rule.maxAge) === 0) {
    yield { path: [...path, 'maxAge'], message: 'must be longer than zero' }
  }
}

function isNothing([key, member]: [string, unknown]): boolean {
  if (member === undefined) return true
  // Other empty lists and mappings are refused for themselves.
  return key === 'claims' && typeof member === 'object' && Object.keys(member ?? {}).length === 0
}

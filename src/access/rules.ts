import type { RouteConfig } from '../config/schema.js'
import type { ClaimPath } from '../identity/claims.js'
import type { Identity } from '../session/session.js'
import type { RequestFacts } from './request-facts.js'
import { compileTests } from './rule-tests.js'

/** A rule as the configuration has it; all that it names must hold. */
export type RuleConfig = NonNullable<RouteConfig['require']>

/** What a single test found wanting, for the log. */
export type MissingOne =
  | { readonly kind: 'groups'; readonly anyOf: readonly string[] }
  | { readonly kind: 'roles'; readonly anyOf: readonly string[] }
  | { readonly kind: 'emails' }
  | { readonly kind: 'emailDomains'; readonly anyOf: readonly string[] }
  | { readonly kind: 'claim'; readonly name: ClaimPath; readonly anyOf: readonly string[] }
  | { readonly kind: 'acr'; readonly anyOf: readonly string[] }
  | { readonly kind: 'maxAge'; readonly maxAgeMs: number }
  | { readonly kind: 'clientAddresses'; readonly anyOf: readonly string[] }
  | { readonly kind: 'methods'; readonly anyOf: readonly string[] }

/**
 * What a request lacks. `acr` and `maxAge` can be mended by authenticating again, the others cannot. Of
 * `any` one alternative would be enough.
 */
export type Missing =
  | MissingOne
  | { readonly kind: 'provider'; readonly anyOf: readonly string[] }
  | { readonly kind: 'any'; readonly missing: readonly (readonly Missing[])[] }
  | { readonly kind: 'not' }

/** What the provider of an identity lets one conclude from its claims. */
export interface RuleOptions {
  /** Where it puts the groups. */
  readonly groupsClaim: ClaimPath
  /** Where it puts the roles. */
  readonly rolesClaim: ClaimPath
  /** Whether an address counts although the provider does not say that it verified it. */
  readonly assumeEmailVerified: boolean
  /** Whether the configuration has that provider, with the issuer of the identity. */
  readonly isKnown: boolean
}

/** Who asks for what, and when. */
export interface Subject {
  readonly identity: Identity
  readonly facts: Pick<RequestFacts, 'method' | 'clientAddress'>
  readonly now: number
  readonly options: RuleOptions
}

/** Whether something is so; undefined where nobody can tell, which lets nobody in and `not` neither. */
export type Truth = boolean | undefined

/** The rules of one route, compiled. */
export type Rule =
  | { readonly kind: 'all'; readonly rules: readonly Rule[] }
  | { readonly kind: 'any'; readonly rules: readonly Rule[] }
  | { readonly kind: 'not'; readonly rule: Rule }
  | RuleTest

/** A rule that looks at one thing. */
export interface RuleTest {
  readonly kind: 'test'
  readonly missing: MissingOne
  readonly holds: (subject: Subject) => Truth
}

export function compileRule(config: RuleConfig): Rule {
  const rules: Rule[] = compileTests(config)
  if (config.any !== undefined) rules.push({ kind: 'any', rules: config.any.map(compileRule) })
  if (config.all !== undefined) rules.push({ kind: 'all', rules: config.all.map(compileRule) })
  if (config.not !== undefined) rules.push({ kind: 'not', rule: compileRule(config.not) })
  const [only, ...others] = rules
  return only !== undefined && others.length === 0 ? only : { kind: 'all', rules }
}

/** Whether the rule holds, by Kleene's logic where something cannot be told. */
export function evaluate(rule: Rule, subject: Subject): Truth {
  switch (rule.kind) {
    case 'test':
      return rule.holds(subject)
    case 'not': {
      const holds = evaluate(rule.rule, subject)
      return holds === undefined ? undefined : !holds
    }
    case 'all':
      return join(rule.rules, subject, false)
    case 'any':
      return join(rule.rules, subject, true)
  }
}

/** The truth of several rules together, where one that is `decisive` decides. */
function join(rules: readonly Rule[], subject: Subject, decisive: boolean): Truth {
  let truth: Truth = !decisive
  for (const rule of rules) {
    const holds = evaluate(rule, subject)
    if (holds === decisive) return decisive
    if (holds === undefined) truth = undefined
  }
  return truth
}

/** Answers what the request lacks; an empty list when the rule holds. */
export function findMissing(rule: Rule, subject: Subject): readonly Missing[] {
  if (rule.kind === 'all') return rule.rules.flatMap((each) => findMissing(each, subject))
  if (evaluate(rule, subject) === true) return []
  switch (rule.kind) {
    case 'test':
      return [rule.missing]
    case 'any':
      return [{ kind: 'any', missing: rule.rules.map((each) => findMissing(each, subject)) }]
    case 'not':
      return [{ kind: 'not' }]
  }
}

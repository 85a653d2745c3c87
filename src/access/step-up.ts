import type { DemandedClaims } from '../session/demanded-claims.js'
import type { Session } from '../session/session.js'
import { evaluate, type Rule, type Subject } from './rules.js'

/** What an authentication must bring that the one at hand lacks; never empty. */
export interface StepUp {
  /** One of these authentication contexts. */
  readonly acrValues?: string[]
  readonly maxAgeMs?: number
  /** Claims that tokens must have; an upstream alone asks for them. */
  readonly claims?: DemandedClaims
}

/** No authentication, however recent, would be enough. */
const hopeless = -1

/**
 * What authenticating again would have to bring so that the rule holds; undefined when nothing would, and
 * when the rule holds as it is.
 *
 * The question is put for each authentication context that the rule names: would it hold with that one, and
 * how long ago may the authentication be? So alternatives and several demands at once are weighed exactly.
 * No context at all, which is less to ask, goes first; else all that allow the same age are asked for.
 */
export function findStepUp(rule: Rule, subject: Subject): StepUp | undefined {
  if (evaluate(rule, subject) === true) return undefined
  return leastDemand(rule, (part) => evaluate(part, subject) === true)
}

/**
 * What a login would better bring at once so that the rule may hold of whoever signs in; undefined when any
 * login may do. All else that the rule looks at is taken for given: where it is not, a step-up follows, or no
 * login would have been enough.
 */
export function findLoginDemand(rule: Rule): StepUp | undefined {
  return leastDemand(rule, () => true)
}

type IsMet = (part: Rule) => boolean

function leastDemand(rule: Rule, isMet: IsMet): StepUp | undefined {
  const anyContext = oldestAllowed(rule, isMet, undefined)
  if (anyContext === Infinity) return undefined
  if (anyContext !== hopeless) return { maxAgeMs: anyContext }
  const ages = new Map(acrsIn(rule).map((acr) => [acr, oldestAllowed(rule, isMet, acr)]))
  const maxAgeMs = [...ages.values()].find((age) => age !== hopeless)
  if (maxAgeMs === undefined) return undefined
  const acrValues = [...ages].flatMap(([acr, age]) => (age >= maxAgeMs ? [acr] : []))
  return { acrValues, ...(maxAgeMs === Infinity ? {} : { maxAgeMs }) }
}

/** How long ago an authentication with this context may be for the rule to hold; `hopeless` if it never does. */
function oldestAllowed(rule: Rule, isMet: IsMet, acr: string | undefined): number {
  switch (rule.kind) {
    case 'all':
      return Math.min(Infinity, ...rule.rules.map((each) => oldestAllowed(each, isMet, acr)))
    case 'any':
      return Math.max(hopeless, ...rule.rules.map((each) => oldestAllowed(each, isMet, acr)))
    case 'not':
      // Within it the configuration allows nothing that an authentication could change.
      return isMet(rule) ? Infinity : hopeless
    case 'test': {
      const { missing } = rule
      if (missing.kind === 'maxAge') return missing.maxAgeMs
      if (missing.kind !== 'acr') return isMet(rule) ? Infinity : hopeless
      return acr !== undefined && missing.anyOf.includes(acr) ? Infinity : hopeless
    }
  }
}

function acrsIn(rule: Rule): readonly string[] {
  if (rule.kind === 'test') return rule.missing.kind === 'acr' ? rule.missing.anyOf : []
  const rules = rule.kind === 'not' ? [rule.rule] : rule.rules
  return rules.flatMap(acrsIn)
}

/** People return within seconds; who asks again later is asked anew, as is whose authentication has aged. */
const returnWithinMs = { most: 60_000, least: 10_000 }

/** A rule, an upstream and another rule may each ask for more; what goes on beyond that is a circle. */
const mostInARow = 3

/**
 * How many times in a row a person will have been sent to the provider for a step-up, this time included;
 * undefined when they have just come back with this very demand, or go in circles: then asking once more
 * does not help (STEP-2).
 */
export function countAttempt(
  { stepUp: tried, createdAt }: Pick<Session, 'createdAt' | 'stepUp'>,
  { acrValues = [], maxAgeMs, claims }: StepUp,
  now: number,
): number | undefined {
  const within = Math.max(returnWithinMs.least, Math.min(returnWithinMs.most, maxAgeMs ?? Infinity))
  if (tried === undefined || Math.abs(now - createdAt) >= within) return 1
  const isSame =
    tried.maxAgeMs === maxAgeMs &&
    (tried.acrValues ?? []).join(' ') === acrValues.join(' ') &&
    JSON.stringify(tried.claims) === JSON.stringify(claims)
  return isSame || tried.attempt >= mostInARow ? undefined : tried.attempt + 1
}

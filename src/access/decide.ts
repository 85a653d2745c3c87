import type { Identity } from '../session/session.js'
import type { RequestFacts } from './request-facts.js'
import type { CompiledRoute } from './route-table.js'
import { evaluate, findMissing, type Missing, type RuleOptions } from './rules.js'
import { findLoginDemand, findStepUp, type StepUp } from './step-up.js'

/** What is to be done with a request. */
export type Decision =
  | { readonly kind: 'forward' }
  /** With what the login had better bring at once. */
  | { readonly kind: 'authenticate'; readonly stepUp?: StepUp }
  /** Authenticating again, and better, would be enough. */
  | { readonly kind: 'step-up'; readonly stepUp: StepUp; readonly missing: readonly Missing[] }
  /** Signing in with one of these providers would be needed, by their ids. */
  | { readonly kind: 'other-provider'; readonly allowed: readonly string[] }
  | { readonly kind: 'forbidden'; readonly missing: readonly Missing[] }

const forward: Decision = { kind: 'forward' }

/**
 * The one access decision, whatever the way in.
 *
 * A public route is open to everybody and never looks at the identity. An optional one is open to nobody in
 * particular as well, but whoever is signed in must satisfy its requirements. Where a route names its
 * providers, nobody of another one gets in, whatever else they satisfy, nor of an issuer that had the id before.
 */
export function decide(
  route: CompiledRoute,
  identity: Identity | undefined,
  facts: Pick<RequestFacts, 'method' | 'clientAddress'>,
  now: number,
  options: RuleOptions,
): Decision {
  const { auth, providers: allowed } = route.config
  if (auth === 'public') return forward
  if (identity === undefined) return auth === 'optional' ? forward : authenticate(route)
  if (allowed !== undefined && !(options.isKnown && allowed.includes(identity.providerId))) {
    return { kind: 'other-provider', allowed }
  }
  if (route.require === undefined) return forward
  const subject = { identity, facts, now, options }
  if (evaluate(route.require, subject) === true) return forward
  const missing = findMissing(route.require, subject)
  const stepUp = findStepUp(route.require, subject)
  return stepUp === undefined
    ? { kind: 'forbidden', missing }
    : { kind: 'step-up', stepUp, missing }
}

/** What a login for this route had better bring at once; undefined when any may do. */
export function loginDemandOf({ config: { auth }, require }: CompiledRoute): StepUp | undefined {
  return auth === 'public' || require === undefined ? undefined : findLoginDemand(require)
}

function authenticate(route: CompiledRoute): Decision {
  const stepUp = loginDemandOf(route)
  return { kind: 'authenticate', ...(stepUp && { stepUp }) }
}

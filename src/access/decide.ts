import type { Identity } from '../session/session.js'
import type { CompiledRoute } from './route-table.js'
import { checkRequirements, type Missing, type RuleOptions } from './rules.js'

/** What is to be done with a request. */
export type Decision =
  | { readonly kind: 'forward' }
  | { readonly kind: 'authenticate' }
  | { readonly kind: 'forbidden'; readonly missing: readonly Missing[] }

const forward: Decision = { kind: 'forward' }
const authenticate: Decision = { kind: 'authenticate' }

/**
 * The one access decision, whatever the way in.
 *
 * A public route is open to everybody and never looks at the identity. An optional one is open to nobody in
 * particular as well, but whoever is signed in must satisfy its requirements.
 */
export function decide(
  route: CompiledRoute,
  identity: Identity | undefined,
  now: number,
  options: RuleOptions,
): Decision {
  const { auth } = route.config
  if (auth === 'public') return forward
  if (identity === undefined) return auth === 'optional' ? forward : authenticate
  if (route.require === undefined) return forward
  const missing = checkRequirements(route.require, identity, now, options)
  return missing.length === 0 ? forward : { kind: 'forbidden', missing }
}

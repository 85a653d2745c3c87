import type { Finding } from './config-error.js'
import type { Draft, RouteDraft } from './draft.js'
import { parseDurationMs } from './duration.js'

const hourMs = 3_600_000

/** What cannot be meant in `assertion`. */
export function* assertionContradictions({ assertion }: Draft): Generator<Finding> {
  const { keyRotation } = assertion ?? {}
  if (keyRotation === undefined) return
  const intervalMs = parseDurationMs(keyRotation)
  if (intervalMs >= 2 * hourMs && intervalMs <= 366 * 24 * hourMs) return
  yield {
    path: ['assertion', 'keyRotation'],
    message: 'must be between 2h and 366d: a key is published for an hour before it signs',
  }
}

const ownClaims = new Set([
  'iss',
  'aud',
  'sub',
  'provider_issuer',
  'sid',
  'iat',
  'nbf',
  'exp',
  'jti',
  'cnf',
])

/** What cannot be meant in `routes[].forward.assertion`. */
export function* routeAssertionContradictions(
  { forward }: RouteDraft,
  at: (...keys: (string | number)[]) => (string | number)[],
): Generator<Finding> {
  for (const [index, name] of (forward?.assertion?.claims ?? []).entries()) {
    if (name === undefined || !ownClaims.has(name)) continue
    yield {
      path: at('forward', 'assertion', 'claims', index),
      message: `is a claim that Valetkey itself makes; leave ${name} out`,
    }
  }
}

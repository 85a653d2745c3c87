import type { TokenHolder } from '../session/upstream-tokens.js'
import type { Admission } from './verdict.js'

/** Whose token is to be exchanged for a request; undefined where the upstream gets the caller's own, or none. */
export function tokenHolderOf({
  live,
  bearer,
  route,
}: Pick<Admission, 'live' | 'bearer'> & {
  readonly route: Pick<Admission['route'], 'config'>
}): TokenHolder | undefined {
  if (route.config.forward.tokenExchange === undefined) return undefined
  if (live !== undefined) {
    const { identity, tokens } = live.session
    return { key: live.key, identity, tokens }
  }
  if (bearer === undefined) return undefined
  // Two routes may take one token as that of two clients of its issuer, and what each gets for it is its own.
  return { ...bearer, key: `${bearer.key} ${bearer.identity.providerId}` }
}

import type { RouteConfig } from '../config/schema.js'
import type { Identity } from '../session/session.js'
import { basicAuthorization } from './basic-authorization.js'
import { claimHeaders } from './claim-headers.js'
import type { ClaimPath } from './claims.js'
import { profileHeaders } from './header-profiles.js'
import { fits, type Header } from './header-value.js'
import { identityHeaders } from './identity-headers.js'
import { spelledOneWay } from './reserved-headers.js'

/**
 * The headers by which a route tells its upstream who somebody is: the usual ones or those of a profile, those of single
 * claims, which take the place of a usual one of their name, and Basic credentials. What is longer than 8 KB is left out.
 */
export function routeIdentityHeaders(
  identity: Identity,
  forward: RouteConfig['forward'],
  groupsClaim: ClaimPath,
): readonly Header[] {
  const { identityHeaders: choice, userClaim, headers: claimsByHeader = {}, basicAuth } = forward
  const options = { groupsClaim, userClaim }
  const replaced = new Set(Object.keys(claimsByHeader).map(spelledOneWay))
  const usual =
    typeof choice === 'string'
      ? profileHeaders(choice, identity, options)
      : choice
        ? identityHeaders(identity, options)
        : []
  return [
    ...usual.filter(([name]) => !replaced.has(spelledOneWay(name))),
    ...claimHeaders(claimsByHeader, identity, options),
    ...(basicAuth === undefined ? [] : basicAuthorization(identity, { userClaim, ...basicAuth })),
  ].filter(fits)
}

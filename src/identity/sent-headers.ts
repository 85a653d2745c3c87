import type { RouteConfig } from '../config/schema.js'
import { assertionNameFor, profileHeaderNames } from './header-profiles.js'
import { identityHeaderNames } from './identity-headers.js'
import { accessTokenHeaderName, assertionHeaderName } from './reserved-headers.js'

/** The names by which any of the routes may tell who somebody is, besides Authorization; some are there in any case. */
export function sentHeaderNames(
  routes: readonly Pick<RouteConfig, 'forward'>[],
): readonly string[] {
  const names = routes.flatMap(({ forward: { identityHeaders, headers = {} } }) => [
    ...(typeof identityHeaders === 'string' ? profileHeaderNames(identityHeaders) : []),
    assertionNameFor(identityHeaders),
    ...Object.keys(headers),
  ])
  const always = [...Object.values(identityHeaderNames), accessTokenHeaderName, assertionHeaderName]
  return [...new Set([...always, ...names])]
}

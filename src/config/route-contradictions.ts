import { isHostName } from './addresses.js'
import { routeAssertionContradictions } from './assertion-contradictions.js'
import { bearerContradictions } from './bearer-contradictions.js'
import { formatPath, type Finding } from './config-error.js'
import type { Draft, RouteDraft } from './draft.js'
import { timerFault } from './duration.js'
import { requireContradictions } from './require-contradictions.js'
import { routeProviderContradictions } from './route-provider-contradictions.js'
import { coversPath, routePathFault } from './route-path.js'
import { forwardedIdentityContradictions } from './forwarded-identity-contradictions.js'
import { tokenExchangeContradictions } from './token-exchange-contradictions.js'
import { forwardContradictions, upstreamContradictions } from './upstream-contradictions.js'

/** What cannot be meant in `routes`. */
export function* routeContradictions({ routes, providers, basePath }: Draft): Generator<Finding> {
  const earlier: { route: RouteDraft; index: number }[] = []
  for (const [index, route] of (routes ?? []).entries()) {
    if (!route) continue
    const at = (...keys: (string | number)[]) => ['routes', index, ...keys]

    const pathFault =
      ownPathFault(route, basePath) ??
      (route.match?.path === undefined ? undefined : routePathFault(route.match.path))
    if (pathFault !== undefined) yield { path: at('match', 'path'), message: pathFault }
    const host = route.match?.host
    if (host !== undefined && !isHostName(host.replace(/^\*\./, ''))) {
      yield {
        path: at('match', 'host'),
        message:
          'is no host name; write it without scheme, port and path: app.example.com or *.example.com',
      }
    }
    yield* upstreamContradictions(route, index)
    yield* forwardContradictions(route, at)
    yield* forwardedIdentityContradictions(route, at)
    yield* routeAssertionContradictions(route, at)
    yield* routeProviderContradictions(route, providers, at)
    yield* tokenExchangeContradictions(route, at)
    yield* bearerContradictions(route, providers, at)
    yield* requireContradictions(route, at('require'))
    for (const key of ['connect', 'response', 'idle'] as const) {
      const message = timerFault(route.timeouts?.[key], { zero: 'refused' })
      if (message !== undefined) yield { path: at('timeouts', key), message }
    }

    const cover = earlier.find((other) => covers(other.route, route))
    if (cover) {
      yield {
        path: at('match'),
        message: `can never match, because ${formatPath(['routes', cover.index])} matches all of it before; put the narrower route first`,
        assumes: [['routes', cover.index, 'match']],
      }
    }
    earlier.push({ route, index })
  }
}

function ownPathFault({ match }: RouteDraft, basePath: string | undefined): string | undefined {
  if (match?.path === undefined || basePath === undefined) return undefined
  return `${match.path}/`.startsWith(`${basePath}/`)
    ? `is under basePath (${basePath}), where Valetkey itself answers; choose another path or basePath`
    : undefined
}

/** Whether every request that the later route matches is matched by the earlier one already. */
function covers({ match: earlier }: RouteDraft, { match: later }: RouteDraft): boolean {
  if (!earlier || !later || earlier.path === undefined || later.path === undefined) return false
  const methodsCovered =
    earlier.methods === undefined ||
    (later.methods?.every((method) => earlier.methods?.includes(method)) ?? false)
  return (
    methodsCovered && coversHost(earlier.host, later.host) && coversPath(earlier.path, later.path)
  )
}

/** `*.example.com` covers `a.example.com` and `*.a.example.com`. */
function coversHost(earlier: string | undefined, later: string | undefined): boolean {
  if (earlier === undefined) return true
  const wide = earlier.toLowerCase()
  const narrow = later?.toLowerCase()
  if (narrow === undefined || narrow === wide) return narrow === wide
  return wide.startsWith('*.') && narrow.endsWith(wide.slice(1))
}

import type { RouteConfig } from '../config/schema.js'
import { readingsOf } from './readings.js'

type Forwarding = Pick<RouteConfig, 'upstream'> & {
  readonly forward: Pick<RouteConfig['forward'], 'stripPrefix'>
}

/** Where a route goes, however much more is said of the upstream. */
export const upstreamUrl = (upstream: RouteConfig['upstream']): string =>
  typeof upstream === 'string' ? upstream : upstream.url

/** What stands before every path at the upstream: empty, or beginning with a slash and not ending with one. */
export function upstreamBasePath(url: string): string {
  return /^https?:/i.test(url) ? new URL(url).pathname.replace(/\/+$/, '') : ''
}

/**
 * The target as the upstream gets it, without the prefix that the route strips: the bytes that were sent,
 * and a slash where nothing is left of the path.
 */
export function withoutPrefix(originForm: string, prefix: string): string {
  const rest = originForm.slice(prefix.length)
  return rest.startsWith('/') ? rest : `/${rest}`
}

/** Whether a path stays on its route; `isOnRoute` tells whether another one is of that route, however it is read. */
export type StaysOnRoute = (path: string, isOnRoute: (path: string) => boolean) => boolean

/**
 * Tells of a route whether a path stays what it is for the rules once the route has changed it: it begins with
 * the stripped prefix as sent, every reading of what the upstream gets is below the upstream's base path, and,
 * put back behind the prefix, belongs to the same route. Else `/app//host/admin` could pass for a path below
 * `/app/` and be served as `/admin`, or `/../x` lead out of the base path.
 */
export function compileStaysOnRoute({ upstream, forward }: Forwarding): StaysOnRoute {
  const basePath = upstreamBasePath(upstreamUrl(upstream))
  const prefix = forward.stripPrefix ?? ''
  if (prefix === '' && basePath === '') return () => true
  const bases = readingsOf(`${basePath}/`) ?? []

  return function staysOnRoute(path, isOnRoute) {
    if (path !== prefix && !path.startsWith(`${prefix}/`)) return false
    const readings = readingsOf(basePath + withoutPrefix(path, prefix)) ?? ['']
    return readings.every((reading) => {
      const base = bases.find((each) => reading.startsWith(each))
      return base !== undefined && isOnRoute(prefix + reading.slice(base.length - 1))
    })
  }
}

import { parseRequestTarget } from '../access/request-target.js'
import { compileRoutes, type CompiledRoute, type RouteTable } from '../access/route-table.js'
import { formatPath, type ConfigProblem } from './config-error.js'
import type { Config } from './schema.js'

/** What in `routes` works as it is written, and yet may not be what is meant. */
export function routeWarnings({ routes, basePath, publicUrl }: Config): ConfigProblem[] {
  const table = compileRoutes(routes, { basePath })
  return table.routes.flatMap((route) => {
    const twin = twinPath(route.config.match.path)
    const other = twin && findRoute(table, route, { path: twin, host: new URL(publicUrl).hostname })
    if (!other || !asksForLess(other, route) || !leadTheSameWay(other, route)) return []
    const path = formatPath(['routes', route.index, 'match', 'path'])
    const message = `does not match ${twin}, which ${formatPath(['routes', other.index])} lets through with other rules; if the application takes both for one, add a route for ${twin}`
    return { path, message }
  })
}

/** The path that many applications take for the same: with a slash at its end, or without. */
function twinPath(path: string): string | undefined {
  const pattern = path.replace(/\/\*\*$/, '/')
  if (pattern === '/') return undefined
  return pattern.endsWith('/') ? pattern.slice(0, -1) : `${pattern}/`
}

/** The route of a request that the first one would get, were it not for the path. */
function findRoute(
  table: RouteTable,
  { config: { match } }: CompiledRoute,
  asked: { path: string; host: string },
): CompiledRoute | undefined {
  const facts = {
    method: match.methods?.[0] ?? 'GET',
    host: match.host?.replace(/^\*/, 'any') ?? asked.host,
    target: asked.path.replaceAll(/(?<=\/)\*(?=\/|$)/g, 'any'),
  }
  const target = parseRequestTarget(facts)
  const location = target.kind === 'target' ? table.locate(facts, target) : target
  return location.kind === 'route' ? location.route : undefined
}

/** Whether somebody may pass the one that the other would stop. */
function asksForLess({ config: one }: CompiledRoute, { config: other }: CompiledRoute): boolean {
  if (other.auth !== 'required') return false
  if (one.auth !== 'required') return true
  return (['require', 'providers'] as const).some(
    (key) => other[key] !== undefined && JSON.stringify(one[key]) !== JSON.stringify(other[key]),
  )
}

const leadTheSameWay = ({ config: one }: CompiledRoute, { config: other }: CompiledRoute) =>
  JSON.stringify(one.upstream) === JSON.stringify(other.upstream)

import { domainToASCII } from 'node:url'
import type { RouteConfig } from '../config/schema.js'
import { withoutTrailingDot } from './host.js'
import { compilePathPattern, type PathPattern } from './path-pattern.js'
import { foldCase } from './readings.js'
import type { RequestFacts } from './request-facts.js'
import type { RefusedTarget, RequestTarget } from './request-target.js'
import { compileRule, type Rule } from './rules.js'
import { compileStaysOnRoute, type StaysOnRoute } from './sent-path.js'

export interface CompiledRoute {
  /** Its place in the configuration. */
  readonly index: number
  readonly config: RouteConfig
  /** What the route requires of the identity; absent when a session is enough. */
  readonly require?: Rule
}

/** Where a request goes: to a route, to Valetkey's own endpoints, to nothing (404) or nowhere (400). */
export type Location =
  | { readonly kind: 'route'; readonly route: CompiledRoute; readonly index: number }
  | { readonly kind: 'own' }
  | { readonly kind: 'none' }
  | RefusedTarget

export interface RouteTable {
  readonly routes: readonly CompiledRoute[]
  /**
   * Finds the first route that matches; all readings of the target must agree on it.
   *
   * Refuses the target where some reading, or the same in another case, would take another route:
   * then the upstream could serve what the route's rules do not cover.
   */
  locate(facts: LocatingFacts, target: RequestTarget): Location
}

type LocatingFacts = Pick<RequestFacts, 'method' | 'host'>

interface Entry {
  readonly location: Location
  readonly pattern: PathPattern
  readonly matchesHost: (host: string) => boolean
  readonly methods: ReadonlySet<string> | undefined
  /** Whether another route differs by case only, so that case is known to matter. */
  readonly caseMatters: boolean
}

const own: Location = { kind: 'own' }
const none: Location = { kind: 'none' }
const ambiguous: RefusedTarget = {
  kind: 'refused',
  code: 'ERR_REQUEST_TARGET_AMBIGUOUS',
  reason: 'the path has readings that belong to different routes',
}

/**
 * Compiles the routes; `basePath` stands before them as an implicit first one, on every host.
 *
 * Throws PathPatternError for a path pattern that cannot be meant.
 */
export function compileRoutes(
  configs: readonly RouteConfig[],
  options: { readonly basePath: string },
): RouteTable {
  const routes = configs.map((config, index): CompiledRoute => ({
    index,
    config,
    ...(config.require === undefined ? {} : { require: compileRule(config.require) }),
  }))
  const staying = new Map<CompiledRoute, StaysOnRoute>(
    routes.map((route) => [route, compileStaysOnRoute(route.config)]),
  )
  const entries = [
    createOwnEntry(options.basePath),
    createOwnEntry(`${options.basePath}/`),
    ...createEntries(routes),
  ]
  const patternsHaveCapitals = entries.some(({ pattern }) => pattern.folded !== pattern.source)

  const find = (facts: LocatingFacts, reading: string, folded?: string): Location => {
    for (const entry of entries) {
      const matches =
        entry.pattern.matches(reading) ||
        (folded !== undefined && !entry.caseMatters && entry.pattern.matchesFolded(folded))
      if (
        matches &&
        (entry.methods === undefined || entry.methods.has(facts.method)) &&
        entry.matchesHost(facts.host)
      ) {
        return entry.location
      }
    }
    return none
  }

  return {
    routes,
    locate(facts, target) {
      let location: Location | undefined
      for (const reading of target.readings) {
        const found = find(facts, reading)
        location ??= found
        if (found !== location) return ambiguous
        const folded = foldCase(reading)
        const caseCounts = folded !== reading || patternsHaveCapitals
        if (caseCounts && find(facts, reading, folded) !== location) return ambiguous
      }
      const isPlain = target.readings.length === 1
      if (isPlain || location?.kind !== 'route') return location ?? none
      const isOnRoute = (path: string) =>
        find(facts, path) === location && find(facts, path, foldCase(path)) === location
      const staysOnRoute = staying.get(location.route)
      return staysOnRoute?.(target.path, isOnRoute) === true ? location : ambiguous
    },
  }
}

const createOwnEntry = (path: string): Entry => ({
  location: own,
  pattern: compilePathPattern(path),
  matchesHost: () => true,
  methods: undefined,
  caseMatters: false,
})

const differsByCaseOnly = (one: PathPattern) => (other: PathPattern) =>
  one.folded === other.folded && one.source !== other.source

function createEntries(routes: readonly CompiledRoute[]): Entry[] {
  const patterns = routes.map(({ config }) => compilePathPattern(config.match.path))
  return routes.flatMap((route, index) => {
    const { host, methods } = route.config.match
    const pattern = patterns[index]
    if (pattern === undefined) return []
    return {
      location: { kind: 'route', route, index },
      pattern,
      matchesHost: compileHost(host),
      methods: methods === undefined ? undefined : new Set(methods),
      caseMatters: patterns.some(differsByCaseOnly(pattern)),
    }
  })
}

function compileHost(host: string | undefined): Entry['matchesHost'] {
  if (host === undefined) return () => true
  if (host.startsWith('*.')) {
    const suffix = `.${canonicalName(host.slice(2))}`
    return (asked) => {
      const name = withoutTrailingDot(asked)
      return name.length > suffix.length && name.endsWith(suffix)
    }
  }
  const name = canonicalName(host)
  return (asked) => asked === name || withoutTrailingDot(asked) === name
}

const canonicalName = (host: string) =>
  withoutTrailingDot(domainToASCII(host) || host.toLowerCase())

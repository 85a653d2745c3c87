import { parseRequestTarget } from '../../src/access/request-target.js'
import { compileRoutes } from '../../src/access/route-table.js'
import { routeConfig } from '../access/fixtures.js'

/** The routes of paths.txt by their names there. */
export const corpusRoutes = {
  public: '/public/',
  admin: '/admin/',
  reports: '/reports/*/annual',
  login: '/login',
  files: '/files/**',
  strasse: '/straße/',
  root: '/',
}

/**
 * Asks what Valetkey decides for a target, in the words of paths.txt: the name of a route, `own`, or why it is refused.
 * Whoever asks from outside, where the reason is not told, says `refused`.
 */
export type Ask = (target: string) => string | undefined | Promise<string | undefined>

const refusals = new Set(['refused', 'ambiguous', 'control', 'fragment', 'form', 'host'])

export const isRefusal = (outcome: string | undefined): boolean =>
  outcome === undefined || refusals.has(outcome)

const table = compileRoutes(
  Object.values(corpusRoutes).map((path) => routeConfig({ path })),
  { basePath: '/oauth2' },
)

/** Asks the route table. */
export function outcomeOf(target: string): string | undefined {
  const facts = { method: 'GET', target, host: 'app.example.com' }
  const parsed = parseRequestTarget(facts)
  const location = parsed.kind === 'target' ? table.locate(facts, parsed) : parsed
  if (location.kind === 'route') return Object.keys(corpusRoutes)[location.index]
  if (location.kind !== 'refused') return location.kind
  return location.code.replace('ERR_REQUEST_TARGET_', '').toLowerCase()
}

import { isIP } from 'node:net'
import { decide } from '../access/decide.js'
import { parseHost } from '../access/host.js'
import type { RequestFacts } from '../access/request-facts.js'
import { parseRequestTarget } from '../access/request-target.js'
import { compileRoutes, type Location, type RouteTable } from '../access/route-table.js'
import { createRuleOptions } from '../access/rule-options.js'
import type { Config } from '../config/schema.js'
import type { Identity } from '../session/session.js'
import { isJsonObject } from '../json-object.js'
import { type Reading, refusalLines, routeLines } from './explanation.js'
import { UsageError } from './usage-error.js'

export interface ExplainArguments {
  readonly method?: string | undefined
  readonly url?: string | undefined
  readonly claims?: string | undefined
  readonly 'client-address'?: string | undefined
  readonly provider?: string | undefined
}

/**
 * Tells what would become of a request, by the code that decides about real ones: the route, each rule's
 * verdict, and the answer. Asks nobody. Throws UsageError for what is no request or no person.
 */
export function explain(
  args: ExplainArguments,
  config: Config,
  { now, readFile }: { now: number; readFile: (path: string) => string },
): string[] {
  const facts = readFacts(args)
  const identity = readIdentity(args, config, readFile)
  const table = compileRoutes(config.routes, config)
  const { location, readings } = locate(table, facts)
  if (location.kind !== 'route') return refusalLines(facts, location, readings)
  const { route } = location
  const options = createRuleOptions(config.providers)(identity)
  const decision = decide(route, identity, facts, now, options)
  return routeLines({ facts, route, identity, options, now, decision })
}

function locate(
  table: RouteTable,
  facts: RequestFacts,
): { location: Location; readings: readonly Reading[] } {
  const target = parseRequestTarget(facts)
  if (target.kind === 'refused') return { location: target, readings: [] }
  const readings = target.readings.map((path): Reading => {
    const one = table.locate(facts, { ...target, readings: [path] })
    return { path, location: one }
  })
  return { location: table.locate(facts, target), readings }
}

/** The URL is taken apart by hand, since any parser would already choose one reading of the path. */
function readFacts(args: ExplainArguments): RequestFacts {
  const { method = 'GET', url = '', 'client-address': clientAddress = '127.0.0.1' } = args
  const [, authority, rest = ''] = /^https?:\/\/([^/?#\\]+)([^]*)$/i.exec(url) ?? []
  const host = parseHost(authority)?.name
  if (host === undefined) throw new UsageError('explain needs --url https://host/path')
  if (!/^[A-Za-z-]+$/.test(method)) throw new UsageError(`"${method}" is no method`)
  if (isIP(clientAddress) === 0) throw new UsageError(`"${clientAddress}" is no IP address`)
  const target = rest.startsWith('/') ? rest : `/${rest}`
  return { method, target, host, clientAddress }
}

function readIdentity(
  args: ExplainArguments,
  { providers }: Config,
  readFile: (path: string) => string,
): Identity | undefined {
  const { claims: file, provider: id = providers[0]?.id } = args
  const provider = providers.find((each) => each.id === id)
  if (provider === undefined) throw new UsageError(`there is no provider "${id}"`)
  if (file === undefined) return undefined
  const claims = parseClaims(file, readFile)
  const { sub, auth_time: authTime } = claims
  if (typeof sub !== 'string') throw new UsageError(`${file} has no "sub"`)
  return {
    providerId: provider.id,
    issuer: provider.issuer,
    sub,
    ...(typeof authTime === 'number' ? { authenticatedAt: authTime * 1000 } : {}),
    claims,
  }
}

function parseClaims(
  file: string,
  readFile: (path: string) => string,
): Readonly<Record<string, unknown>> {
  let claims: unknown
  try {
    claims = JSON.parse(readFile(file))
  } catch (error) {
    throw new UsageError(`${file} cannot be read as JSON: ${String(error)}`)
  }
  if (!isJsonObject(claims)) {
    throw new UsageError(`${file} must hold a JSON object of claims`)
  }
  return Object.fromEntries(Object.entries(claims))
}

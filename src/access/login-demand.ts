import { loginDemandOf } from './decide.js'
import { parseHost } from './host.js'
import { parseRequestTarget } from './request-target.js'
import type { RouteTable } from './route-table.js'
import type { StepUp } from './step-up.js'

/** What a login had better bring at once that leads to a return-to; undefined when any login may do. */
export type FindDemandAt = (returnTo: string) => StepUp | undefined

/**
 * Reads it from the route there. So an address at which logins begin needs to say no more than where they lead, as the
 * one that an ingress has in its own configuration.
 */
export function createLoginDemands(routes: RouteTable, publicUrl: URL): FindDemandAt {
  return function findDemandAt(returnTo) {
    const { host, pathname, search } = new URL(returnTo, publicUrl)
    const facts = {
      method: 'GET',
      target: pathname + search,
      host: parseHost(host)?.name ?? '',
    }
    const target = parseRequestTarget(facts)
    const location = target.kind === 'refused' ? target : routes.locate(facts, target)
    return location.kind === 'route' ? loginDemandOf(location.route) : undefined
  }
}

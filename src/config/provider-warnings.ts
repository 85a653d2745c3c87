import { formatPath, type ConfigProblem } from './config-error.js'
import type { Config, RouteConfig } from './schema.js'
import { findProfile } from './vendors/profiles.js'

type RuleConfig = NonNullable<RouteConfig['require']>

/** What in `providers` works as it is written, and yet may not be what is meant. */
export function providerWarnings({ providers, routes }: Config): ConfigProblem[] {
  const route = routes.findIndex(({ require }) => require !== undefined && asksForGroups(require))
  if (route === -1) return []
  return providers.flatMap((provider, index) => {
    const { vendor, issuer, groupsClaim } = provider
    const reason = vendor === 'none' ? undefined : findProfile(vendor, issuer)?.withoutGroups
    // Somebody who names another claim knows where the groups come from.
    if (reason === undefined || groupsClaim !== 'groups') return []
    const path = formatPath(['providers', index])
    const message = `${reason}: ${formatPath(['routes', route, 'require'])} asks for groups and lets none of its people in`
    return { path, message }
  })
}

function asksForGroups({ groups, any = [], all = [], not }: RuleConfig): boolean {
  const within = [...any, ...all, ...(not === undefined ? [] : [not])]
  return groups !== undefined || within.some(asksForGroups)
}

import { formatPath, type ConfigProblem } from './config-error.js'
import { providerWarnings } from './provider-warnings.js'
import { routeWarnings } from './route-warnings.js'
import type { Config } from './schema.js'

/** What works as it is written, and yet may not be what is meant. */
export function configWarnings(config: Config): ConfigProblem[] {
  return [...providerWarnings(config), ...routeWarnings(config), ...ingressWarnings(config)]
}

/** A proof of possession is for one request to one server, and Valetkey does not know those of an ingress. */
function ingressWarnings(config: Config): ConfigProblem[] {
  const { forwardAuth, trustedProxies, extAuthz, providers, routes } = config
  const isAsked = (forwardAuth && trustedProxies.length > 0) || extAuthz.listen !== undefined
  if (!isAsked || routes.every(({ forward }) => forward.accessToken !== 'bearer')) return []
  return providers.flatMap(({ dpop }, index) => {
    if (dpop === 'off') return []
    const path = formatPath(['providers', index, 'dpop'])
    const message =
      'binds access tokens to Valetkey, so that an ingress that only asks gets none; applications get them where Valetkey itself forwards'
    return { path, message }
  })
}

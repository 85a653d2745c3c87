import { formatPath, type ConfigProblem } from './config-error.js'
import { providerWarnings } from './provider-warnings.js'
import { routeWarnings } from './route-warnings.js'
import type { Config } from './schema.js'

/** What works as it is written, and yet may not be what is meant. */
export function configWarnings(config: Config): ConfigProblem[] {
  return [
    ...providerWarnings(config),
    ...routeWarnings(config),
    ...userWarnings(config),
    ...ingressWarnings(config),
  ]
}

/** A name is somebody's at one issuer only, and at many people choose it themselves. */
function userWarnings({ providers, routes }: Config): ConfigProblem[] {
  return routes.flatMap(({ auth, providers: taken, forward }, index) => {
    const { identityHeaders, basicAuth, userClaim } = forward
    const tellsName =
      basicAuth !== undefined || identityHeaders === 'authelia' || identityHeaders === 'remote-user'
    const counting = providers.filter(({ id }) => taken?.includes(id) !== false)
    const issuers = new Set(counting.map(({ issuer }) => issuer))
    if (auth === 'public' || !tellsName || issuers.size < 2) return []
    const path = formatPath(['routes', index, 'forward', 'userClaim'])
    const message = `tells the application people of ${issuers.size} issuers by ${userClaim} alone, which may be the same for two of them; name one of the providers in the route`
    return { path, message }
  })
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

import type { JsonObject } from '../json-object.js'
import type { Identity } from '../session/session.js'
import { withFallbacks } from './claim-fallbacks.js'
import { instantOf } from './id-token.js'
import { issuerOf } from './issued-by.js'
import type { Provider } from './provider.js'

/** The identity that verified claims tell of. */
export function identityFrom(
  { config, issuer }: Pick<Provider, 'config' | 'issuer'>,
  sub: string,
  claims: JsonObject,
): Identity {
  const { sid } = claims
  const authenticatedAt = instantOf(claims['auth_time'])
  return {
    providerId: config.id,
    issuer: issuerOf(claims, issuer()),
    sub,
    ...(typeof sid === 'string' && sid !== '' ? { sid } : {}),
    ...(authenticatedAt === undefined ? {} : { authenticatedAt }),
    claims: withFallbacks(claims, config.claimFallbacks),
  }
}

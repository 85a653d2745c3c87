import type { Identity } from '../session/session.js'
import { instantOf } from './id-token.js'
import type { JsonObject } from './json-object.js'

/** The identity that verified claims tell of. */
export function identityFrom(
  provider: { readonly id: string; readonly issuer: string },
  sub: string,
  claims: JsonObject,
): Identity {
  const { sid } = claims
  const authenticatedAt = instantOf(claims['auth_time'])
  return {
    providerId: provider.id,
    issuer: provider.issuer,
    sub,
    ...(typeof sid === 'string' && sid !== '' ? { sid } : {}),
    ...(authenticatedAt === undefined ? {} : { authenticatedAt }),
    claims,
  }
}

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
    claims: withFallbacks(withoutBindings(claims), config.claimFallbacks),
  }
}

/** Without what binds an ID token to its login and its access token: checked by now, and nothing of a person. */
function withoutBindings(claims: JsonObject): JsonObject {
  const {
    nonce: _nonce,
    at_hash: _ofAccessToken,
    c_hash: _ofCode,
    s_hash: _ofState,
    ...others
  } = claims
  return others
}

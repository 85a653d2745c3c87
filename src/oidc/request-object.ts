import { randomUUID } from 'node:crypto'
import { OidcError } from './errors.js'
import type { Provider } from './provider.js'

const lifetimeSeconds = 240

/**
 * An authorization request as a JWT that the client signs (RFC 9101 §4), for this provider alone and for
 * four minutes. It has no `sub`, so that nobody can use it to authenticate as the client (§10.8). Throws
 * OidcError ERR_PROVIDER_CONFIGURATION without a key to sign with.
 */
export async function signRequestObject(
  { config, credentials: { signer }, issuer }: Pick<Provider, 'config' | 'credentials' | 'issuer'>,
  parameters: URLSearchParams,
  now: number,
): Promise<string> {
  if (signer === undefined) {
    throw new OidcError(
      'ERR_PROVIDER_CONFIGURATION',
      `authorization requests to provider "${config.id}" are to be signed, which needs a clientKeyFile`,
    )
  }
  const issuedAt = Math.floor(now / 1000)
  const claims = {
    ...claimsOf(parameters),
    client_id: config.clientId,
    iss: config.clientId,
    aud: issuer(),
    jti: randomUUID(),
    iat: issuedAt,
    // The provider's clock may be behind.
    nbf: issuedAt - Math.ceil(config.clockTolerance / 1000),
    exp: issuedAt + lifetimeSeconds,
  }
  return signer.sign(claims, 'oauth-authz-req+jwt')
}

/** The parameters in the types that they have as claims (RFC 9101 §4, RFC 8707 §2.1). */
function claimsOf(parameters: URLSearchParams): Record<string, unknown> {
  const { max_age: maxAge, claims, ...texts } = Object.fromEntries(parameters)
  const resources = parameters.getAll('resource')
  const asked: unknown = claims === undefined ? undefined : JSON.parse(claims)
  return {
    ...texts,
    ...(maxAge === undefined ? {} : { max_age: Number(maxAge) }),
    ...(asked === undefined ? {} : { claims: asked }),
    ...(resources.length > 1 ? { resource: resources } : {}),
  }
}

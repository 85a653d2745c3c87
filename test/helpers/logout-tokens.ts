import { randomUUID } from 'node:crypto'
import { forgeToken, type HostileProvider, signingKey } from './hostile-provider.js'

export const logoutEvent = 'http://schemas.openid.net/event/backchannel-logout'

/** A logout token of the hostile provider for the client `app`; claims replace the right ones. */
export function logoutTokenOf(
  { issuer }: Pick<HostileProvider, 'issuer'>,
  claims: Record<string, unknown>,
): string {
  const issuedAt = Math.floor(Date.now() / 1000)
  return forgeToken(
    { alg: 'RS256', kid: signingKey.kid, typ: 'logout+jwt' },
    {
      iss: issuer,
      aud: 'app',
      iat: issuedAt,
      exp: issuedAt + 120,
      jti: randomUUID(),
      events: { [logoutEvent]: {} },
      ...claims,
    },
    signingKey.privateKey,
  )
}

import { randomUUID, type KeyObject } from 'node:crypto'
import { forgeToken, signingKey as keyOfHostileProvider } from './hostile-provider.js'

export const logoutEvent = 'http://schemas.openid.net/event/backchannel-logout'

/** Who signs; without a key of its own it is the hostile provider. */
interface Signer {
  readonly issuer: string
  readonly signingKey?: { readonly kid: string; readonly privateKey: KeyObject }
}

/** A logout token of the provider for the client `app`; claims replace the right ones. */
export function logoutTokenOf(signer: Signer, claims: Record<string, unknown>): string {
  return forgedLogoutToken(signer, claims)
}

/** The same, with header parameters over the right ones, and signed with another key. */
export function forgedLogoutToken(
  { issuer, signingKey = keyOfHostileProvider }: Signer,
  claims: Record<string, unknown>,
  header: Record<string, unknown> = {},
  key: Parameters<typeof forgeToken>[2] = signingKey.privateKey,
): string {
  const issuedAt = Math.floor(Date.now() / 1000)
  return forgeToken(
    { alg: 'RS256', kid: signingKey.kid, typ: 'logout+jwt', ...header },
    {
      iss: issuer,
      aud: 'app',
      iat: issuedAt,
      exp: issuedAt + 120,
      jti: randomUUID(),
      events: { [logoutEvent]: {} },
      ...claims,
    },
    key,
  )
}

import type { Identity } from '../session/session.js'

/**
 * The provider that a session is of. None when the configuration has given its id to another issuer, which must
 * not get to see the tokens of the one before.
 */
export function providerOf<Provider extends { isNamed(issuer: string): boolean }>(
  providers: ReadonlyMap<string, Provider>,
  { providerId, issuer }: Pick<Identity, 'providerId' | 'issuer'>,
): Provider | undefined {
  const provider = providers.get(providerId)
  return provider?.isNamed(issuer) === true ? provider : undefined
}

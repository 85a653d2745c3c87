import type { Identity } from '../session/session.js'

/**
 * The provider that a session is of. None when the configuration has given its id to another issuer, which must
 * not get to see the tokens of the one before.
 */
export function providerOf<Provider extends { readonly issuer: string }>(
  providers: ReadonlyMap<string, Provider>,
  { providerId, issuer }: Pick<Identity, 'providerId' | 'issuer'>,
): Provider | undefined {
  const provider = providers.get(providerId)
  return provider?.issuer === issuer ? provider : undefined
}

import type { ProviderConfig } from '../config/schema.js'
import type { ProviderMetadata } from './provider-metadata.js'

/**
 * The scopes to ask for: those of the settings without the unsupported ones that they say to leave out.
 * A provider that lists none is asked for all, and `openid` is never left out.
 */
export function askedScopes(
  { scopes, filterScopes }: Pick<ProviderConfig, 'scopes' | 'filterScopes'>,
  { scopesSupported }: Pick<ProviderMetadata, 'scopesSupported'>,
): string[] {
  if (filterScopes === 'none' || scopesSupported === undefined) return scopes
  return scopes.filter((scope) => {
    const mayBeLeftOut = filterScopes === 'all' ? scope !== 'openid' : scope === 'offline_access'
    return !mayBeLeftOut || scopesSupported.includes(scope)
  })
}

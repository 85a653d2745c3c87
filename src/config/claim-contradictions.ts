import { claimsOfToken } from './claims-of-token.js'
import type { Finding } from './config-error.js'
import type { ProviderDraft } from './draft.js'
import { addressFault } from './issuer-contradictions.js'

/** What cannot be meant of a provider's claims. */
export function* claimContradictions(
  provider: ProviderDraft,
  at: (key: string) => (string | number)[],
): Generator<Finding> {
  const { claimFallbacks, groupsOverage, dpop } = provider
  for (const name of Object.keys(claimFallbacks ?? {})) {
    if (!claimsOfToken.has(name)) continue
    yield {
      path: [...at('claimFallbacks'), name],
      message: 'is what the token says of itself, which no other claim can stand in for',
    }
  }
  if (groupsOverage === undefined) return
  if (dpop === 'required') {
    yield {
      path: at('groupsOverage'),
      message:
        'sends the access token as Bearer, which dpop: required (also by profile: fapi2) has bound to a key; remove one of them',
    }
  }
  const { url } = groupsOverage
  const fault = url === undefined ? undefined : addressFault(url, provider)
  if (fault !== undefined) yield { path: [...at('groupsOverage'), 'url'], message: fault }
}

import type { Finding } from './config-error.js'
import type { ProviderDraft } from './draft.js'

/** What a token says of itself and of the sign-in: taken from elsewhere it would mean something else. */
const ofTheToken = new Set(
  'iss sub aud azp exp iat nbf jti nonce auth_time acr amr at_hash c_hash sid tid'.split(' '),
)

/** What cannot be meant of a provider's claims. */
export function* claimContradictions(
  { claimFallbacks }: ProviderDraft,
  at: (key: string) => (string | number)[],
): Generator<Finding> {
  for (const name of Object.keys(claimFallbacks ?? {})) {
    if (!ofTheToken.has(name)) continue
    yield {
      path: [...at('claimFallbacks'), name],
      message: 'is what the token says of itself, which no other claim can stand in for',
    }
  }
}

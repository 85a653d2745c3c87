import { emailDomainFault } from './addresses.js'
import { claimContradictions } from './claim-contradictions.js'
import { clientContradictions } from './client-contradictions.js'
import type { Finding } from './config-error.js'
import type { Draft, ProviderDraft } from './draft.js'
import { timerFault } from './duration.js'
import { parameterContradictions } from './parameter-contradictions.js'
import { issuerContradictions } from './issuer-contradictions.js'

/** What cannot be meant in `providers`. */
export function* providerContradictions({ providers }: Draft): Generator<Finding> {
  const seen = new Map<string, number>()
  let plain: number | undefined
  for (const [index, provider] of (providers ?? []).entries()) {
    if (!provider) continue
    const at = (...keys: string[]) => ['providers', index, ...keys]

    const first = provider.id === undefined ? undefined : seen.get(provider.id)
    if (first !== undefined) {
      yield {
        path: at('id'),
        message: `"${provider.id}" is the id of providers[${first}] already; give each provider its own`,
      }
    } else if (provider.id !== undefined) seen.set(provider.id, index)

    if (provider.plainCallback === true && plain !== undefined) {
      yield {
        path: at('plainCallback'),
        message: `is set at providers[${plain}] already; with one redirect URI for both, the answer of one could pass for that of the other`,
      }
    } else if (provider.plainCallback === true) plain = index

    yield* issuerContradictions(provider, at)
    for (const [place, domain] of (provider.emailDomainHints ?? []).entries()) {
      const message = domain === undefined ? undefined : emailDomainFault(domain)
      if (message !== undefined) yield { path: [...at('emailDomainHints'), place], message }
    }
    if (provider.scopes && !provider.scopes.includes('openid')) {
      const complete = !provider.scopes.includes(undefined)
      if (complete) yield { path: at('scopes'), message: 'must have "openid" among them' }
    }
    yield* parameterContradictions(provider, at)
    yield* clientContradictions(provider, at, providers?.length === 1)
    yield* algorithmContradictions(provider, at)
    yield* claimContradictions(provider, at)
    if (provider.introspectionSignedResponseAlg && provider.accessTokenVerification === 'jwt') {
      yield {
        path: at('introspectionSignedResponseAlg'),
        message:
          'has no effect, since nobody asks the introspection endpoint; set accessTokenVerification to introspection or auto',
      }
    }
    const message = timerFault(provider.timeout, { zero: 'refused' })
    if (message !== undefined) yield { path: at('timeout'), message }
  }
}

function* algorithmContradictions(
  provider: ProviderDraft,
  at: (key: string) => (string | number)[],
): Generator<Finding> {
  const algorithms = provider.idTokenSigningAlgorithms ?? []
  const symmetric = algorithms.filter((alg) => alg?.startsWith('HS'))
  if (symmetric.length === 0) return
  const path = at('idTokenSigningAlgorithms')
  if (symmetric.length < algorithms.length) {
    yield {
      path,
      message:
        'mixes HS* with public-key algorithms, by which a public key could pass for the secret; keep one kind',
    }
  } else if (provider.clientAuthentication?.startsWith('client_secret_') === false) {
    yield { path, message: 'has only HS*, which needs a client secret' }
  }
}

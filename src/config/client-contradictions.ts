import type { Finding } from './config-error.js'
import type { ProviderDraft } from './draft.js'

type Need = 'clientSecretFile' | 'clientKeyFile'

/** What the ways to authenticate need, as people call it. */
const needs: Readonly<Record<string, { readonly need: Need; readonly what: string }>> = {
  client_secret_basic: { need: 'clientSecretFile', what: 'a secret' },
  client_secret_post: { need: 'clientSecretFile', what: 'a secret' },
  private_key_jwt: { need: 'clientKeyFile', what: 'a private key' },
}

/** What cannot be meant in how a client proves who it is; `isOnly` where it is that of the only provider. */
export function* clientContradictions(
  provider: ProviderDraft,
  at: (key: string) => (string | number)[],
  isOnly: boolean,
): Generator<Finding> {
  const { clientAuthentication: method, clientSecret, clientSecretFile } = provider
  if (method === undefined) return
  const { need, what } = needs[method] ?? {}
  const hasSecret = clientSecret !== undefined || clientSecretFile !== undefined
  if (hasSecret && need !== 'clientSecretFile') {
    yield {
      path: at(clientSecretFile === undefined ? 'clientSecret' : 'clientSecretFile'),
      message: `is set although clientAuthentication is ${method}; remove one of them`,
    }
  }
  if (need === undefined || (need === 'clientSecretFile' ? hasSecret : provider[need])) return
  const isSecret = need === 'clientSecretFile'
  const variable = isSecret && isOnly ? ' (or set VALETKEY_CLIENT_SECRET)' : ''
  yield {
    path: at(need),
    message: `is missing${variable}: ${method} needs ${what}; for a client without one write clientAuthentication: none`,
    ...(isSecret && { assumes: [at('clientSecret')] }),
  }
}

import type { Finding } from './config-error.js'
import type { ProviderDraft } from './draft.js'

/** What a client can prove who it is with. */
type Means = 'secret' | 'key' | 'certificate' | 'assertion'

const needs: Readonly<Record<string, Means>> = {
  client_secret_basic: 'secret',
  client_secret_post: 'secret',
  private_key_jwt: 'key',
  tls_client_auth: 'certificate',
  self_signed_tls_client_auth: 'certificate',
  federated_assertion: 'assertion',
}

/** Where each is set, and how people call it. */
const means: Readonly<Record<Means, { readonly path: readonly string[]; readonly what: string }>> =
  {
    secret: { path: ['clientSecretFile'], what: 'a secret' },
    key: { path: ['clientKeyFile'], what: 'a private key' },
    certificate: { path: ['tls', 'certFile'], what: 'a client certificate' },
    assertion: { path: ['clientAssertionFile'], what: 'a token' },
  }

/** What cannot be meant in how a client proves who it is; `isOnly` where it is that of the only provider. */
export function* clientContradictions(
  provider: ProviderDraft,
  at: (...keys: string[]) => (string | number)[],
  isOnly: boolean,
): Generator<Finding> {
  yield* certificateContradictions(provider, at)
  const { clientAuthentication: method, clientSecret, clientSecretFile } = provider
  if (method === undefined) return
  const need = needs[method]
  const present: Readonly<Record<Means, boolean>> = {
    secret: clientSecret !== undefined || clientSecretFile !== undefined,
    key: provider.clientKeyFile !== undefined,
    certificate: provider.tls?.certFile !== undefined,
    assertion: provider.clientAssertionFile !== undefined,
  }
  const useless = `is set although clientAuthentication is ${method}; remove one of them`
  if (present.secret && need !== 'secret') {
    const key = clientSecretFile === undefined ? 'clientSecret' : 'clientSecretFile'
    yield { path: at(key), message: useless }
  }
  if (present.assertion && need !== 'assertion') {
    yield { path: at('clientAssertionFile'), message: useless }
  }
  if (need === undefined || present[need]) return
  const { path, what } = means[need]
  const variable = need === 'secret' && isOnly ? ' (or set VALETKEY_CLIENT_SECRET)' : ''
  yield {
    path: at(...path),
    message: `is missing${variable}: ${method} needs ${what}; for a client without one write clientAuthentication: none`,
    ...(need === 'secret' && { assumes: [at('clientSecret')] }),
  }
}

function* certificateContradictions(
  { tls: { certFile, keyFile } = {} }: ProviderDraft,
  at: (...keys: string[]) => (string | number)[],
): Generator<Finding> {
  if (certFile !== undefined && keyFile === undefined) {
    yield { path: at('tls', 'keyFile'), message: 'is missing: certFile needs its private key' }
  }
  if (keyFile !== undefined && certFile === undefined) {
    yield { path: at('tls', 'certFile'), message: 'is missing: keyFile needs its certificate' }
  }
}

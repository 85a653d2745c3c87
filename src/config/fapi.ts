import { childOf } from './draft.js'

/** The signatures that count under `profile: fapi2` (§5.4.1). */
export const fapiAlgorithms: readonly string[] = ['PS256', 'ES256', 'EdDSA']

/** What the keys of a client may sign with; undefined for whatever they can. */
export function clientAlgorithmsOf(provider: {
  readonly profile?: string | undefined
}): readonly string[] | undefined {
  return provider.profile === undefined ? undefined : fapiAlgorithms
}

/** How a client may prove who it is (§5.3.3.1). */
export const fapiClientAuthentication: readonly string[] = [
  'private_key_jwt',
  'tls_client_auth',
  'self_signed_tls_client_auth',
]

/** Requests and responses that are signed, so that neither side can deny them. */
const messageSigning = { signedAuthorizationRequests: 'always', responseMode: 'jwt' }

/**
 * Fills in, for each provider with a security profile, what the profile has as defaults. What is written stays,
 * right or wrong. Tokens are bound by the client's certificate where there is one, else by DPoP: one of them is
 * enough (§5.3.2.1).
 */
export function applySecurityProfiles(config: unknown): void {
  const providers = childOf(config, 'providers')
  if (!Array.isArray(providers)) return
  for (const provider of providers) {
    if (childOf(provider, 'profile') === undefined) continue
    const hasKey = childOf(provider, 'clientKeyFile') !== undefined
    const defaults = {
      clientAuthentication:
        hasCertificate(provider) && !hasKey ? 'tls_client_auth' : 'private_key_jwt',
      pushedAuthorizationRequests: 'always',
      idTokenSigningAlgorithms: [...fapiAlgorithms],
      dpop: hasCertificate(provider) ? 'off' : 'required',
      ...(childOf(provider, 'profile') === 'fapi2-message-signing' ? messageSigning : {}),
    }
    for (const [key, value] of Object.entries(defaults)) {
      if (childOf(provider, key) === undefined) Reflect.set(provider, key, value)
    }
  }
}

/** Whether the client shows a certificate, to which a provider can bind its tokens (RFC 8705 §3). */
export function hasCertificate(provider: unknown): boolean {
  return childOf(childOf(provider, 'tls'), 'certFile') !== undefined
}

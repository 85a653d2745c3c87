import { parseChallenges } from '../access/challenges.js'
import { createProver, type Prover } from '../identity/dpop-proof.js'
import type { Credentials } from '../proxy/credentials.js'
import { upstreamTarget, type Upstream } from '../proxy/upstream.js'
import { firstValueOf, valuesOf } from '../raw-headers.js'
import type { SentToken } from '../session/session.js'

/**
 * Makes the credentials of a request to an upstream with an access token that is bound to a key: the token
 * and a proof of possession, never one without the other (RFC 9449 §7.1). Undefined for a bearer token.
 */
export type ProveToUpstream = (
  tokens: SentToken,
  upstream: Upstream,
  sent: { readonly method: string; readonly target: string },
) => Credentials | undefined

export function createUpstreamProofs(clock: () => number): ProveToUpstream {
  const provers = new WeakMap<SentToken, Prover>()
  const nonces = new Map<string, string>()

  return function proveToUpstream(tokens, upstream, { method, target }) {
    const { accessToken, dpopKey } = tokens
    if (dpopKey === undefined) return undefined
    const prove = provers.get(tokens) ?? createProver(dpopKey, accessToken)
    provers.set(tokens, prove)
    const place = upstream.socketPath ?? upstream.origin
    const uri = upstream.origin + pathOf(upstreamTarget(upstream, target))

    return {
      headers() {
        const proof = prove({ method, uri, nonce: nonces.get(place), now: clock() })
        return ['Authorization', `DPoP ${accessToken}`, 'DPoP', proof]
      },
      learn({ statusCode, rawHeaders }) {
        const nonce = firstValueOf(rawHeaders, 'dpop-nonce')
        if (nonce === undefined || nonce === '') return false
        nonces.set(place, nonce)
        return statusCode === 401 && asksForNonce(valuesOf(rawHeaders, 'www-authenticate'))
      },
    }
  }
}

const pathOf = (target: string) => target.split('?', 1)[0] ?? ''

/** RFC 9449 §9. */
const asksForNonce = (fields: readonly string[]) =>
  fields.flatMap(parseChallenges).some(({ scheme, parameters }) => {
    return scheme === 'dpop' && parameters.get('error') === 'use_dpop_nonce'
  })

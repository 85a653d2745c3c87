import { createHash } from 'node:crypto'
import { calculateJwkThumbprint, decodeProtectedHeader, EmbeddedJWK, jwtVerify } from 'jose'

/** What a server knows of the request that it judges. */
export interface Proven {
  readonly method: string
  /** Without a query. */
  readonly uri: string
  readonly accessToken?: string | undefined
  readonly nonce?: string | undefined
}

/** A server's check of proofs of possession (RFC 9449 §4.3), which remembers those that it has seen. */
export interface DpopVerifier {
  /** The thumbprint of the key; throws for a proof that is not for this request, or was there before. */
  verify(proof: unknown, proven: Proven): Promise<string>
}

export function createDpopVerifier(): DpopVerifier {
  const seen = new Set<unknown>()

  return {
    async verify(proof, { method, uri, accessToken, nonce }) {
      if (typeof proof !== 'string') throw new Error('there is not one proof')
      const { payload } = await jwtVerify(proof, EmbeddedJWK, {
        typ: 'dpop+jwt',
        algorithms: ['ES256', 'EdDSA', 'Ed25519'],
        requiredClaims: ['jti', 'iat'],
        maxTokenAge: '5m',
      })
      const ath = accessToken && createHash('sha256').update(accessToken).digest('base64url')
      expect('htm', payload['htm'], method)
      expect('htu', payload['htu'], uri)
      expect('ath', payload['ath'], ath)
      expect('nonce', payload['nonce'], nonce)
      if (seen.has(payload.jti)) throw new Error('the proof was used before')
      seen.add(payload.jti)
      const { jwk } = decodeProtectedHeader(proof)
      if (jwk === undefined || 'd' in jwk)
        throw new Error('the proof has no public key, or a private one')
      return calculateJwkThumbprint(jwk)
    },
  }
}

function expect(name: string, actual: unknown, expected: unknown): void {
  if (actual !== expected) throw new Error(`${name} is ${String(actual)}, not ${String(expected)}`)
}

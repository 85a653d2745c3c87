import { Buffer } from 'node:buffer'
import { createHash, createPrivateKey, randomUUID, sign } from 'node:crypto'
import type { DpopKey } from '../session/dpop-key.js'
import { encodeJson } from './encode-json.js'

/** The request that a proof is for, and that alone. */
export interface ProvenRequest {
  readonly method: string
  /** Without query and fragment. */
  readonly uri: string
  /** What the server gave for this purpose last. */
  readonly nonce: string | undefined
  /** Epoch milliseconds. */
  readonly now: number
}

/** Makes a proof of possession: a compact JWT (RFC 9449 §4.2). */
export type Prover = (request: ProvenRequest) => string

/** Creates what proves possession of the key that an access token is bound to. */
export function createProver(key: DpopKey, accessToken: string): Prover {
  const { kty, crv, alg, x, y, d } = key
  const publicJwk = { kty, crv, x, ...(y === undefined ? {} : { y }) }
  const privateKey = createPrivateKey({ key: { ...publicJwk, d }, format: 'jwk' })
  const header = encodeJson({ typ: 'dpop+jwt', alg, jwk: publicJwk })
  const ath = createHash('sha256').update(accessToken).digest('base64url')
  const hash = alg === 'ES256' ? 'sha256' : null

  return function prove({ method, uri, nonce, now }) {
    const iat = Math.floor(now / 1000)
    const claims = { jti: randomUUID(), htm: method, htu: uri, iat, ath, nonce }
    const content = `${header}.${encodeJson(claims)}`
    const signature = sign(hash, Buffer.from(content), {
      key: privateKey,
      dsaEncoding: 'ieee-p1363',
    })
    return `${content}.${signature.toString('base64url')}`
  }
}

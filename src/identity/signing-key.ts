import { Buffer } from 'node:buffer'
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type JsonWebKey,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto'
import { jwkThumbprint } from '../config/thumbprints.js'

/** RFC 7518 §3.4 with P-256, and RFC 8037 §3.1 with Ed25519. */
export type SigningAlgorithm = 'ES256' | 'EdDSA'

/** A public key of the assertion, as it is published. */
export interface PublishedKey {
  readonly kty: string
  readonly crv: string
  readonly x: string
  readonly y?: string
  readonly kid: string
  readonly alg: SigningAlgorithm
  readonly use: 'sig'
}

/** A private key that signs assertions. */
export interface SigningKey {
  readonly published: PublishedKey
  /** The signature of a JWS (RFC 7515 §5.1), base64url. */
  sign(content: string): string
}

/** Makes a new private key, as a JWK. */
export function generateSigningKey(algorithm: SigningAlgorithm): JsonWebKey {
  const { privateKey } =
    algorithm === 'ES256'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : generateKeyPairSync('ed25519')
  return privateKey.export({ format: 'jwk' })
}

/**
 * Reads a private JWK of P-256 or Ed25519; undefined for anything else, and for one whose public part is not its own.
 * A `kid` of its own stays; else it is the thumbprint (RFC 7638).
 */
export function readSigningKey(jwk: JsonWebKey): SigningKey | undefined {
  const privateKey = privateKeyOf(jwk)
  if (privateKey === undefined) return undefined
  const publicKey = createPublicKey(privateKey)
  const { kty = '', crv = '', x = '', y } = publicKey.export({ format: 'jwk' })
  const alg = crv === 'P-256' ? 'ES256' : crv === 'Ed25519' ? 'EdDSA' : undefined
  if (alg === undefined) return undefined

  const digest = alg === 'ES256' ? 'sha256' : null
  const probe = Buffer.from('probe')
  if (!verify(digest, probe, signWith(publicKey), sign(digest, probe, signWith(privateKey)))) {
    return undefined
  }
  const members = y === undefined ? { crv, kty, x } : { crv, kty, x, y }
  const kid =
    typeof jwk['kid'] === 'string' && jwk['kid'] !== '' ? jwk['kid'] : jwkThumbprint(members)
  return {
    published: { ...members, kid, alg, use: 'sig' },
    sign: (content) =>
      sign(digest, Buffer.from(content), signWith(privateKey)).toString('base64url'),
  }
}

/** The form of RFC 7518 §3.4; Ed25519 has but one. */
const signWith = (key: KeyObject) => ({ key, dsaEncoding: 'ieee-p1363' as const })

function privateKeyOf(jwk: JsonWebKey): KeyObject | undefined {
  try {
    return createPrivateKey({ key: jwk, format: 'jwk' })
  } catch {
    return undefined
  }
}

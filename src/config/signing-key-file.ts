import { createPrivateKey, type JsonWebKey } from 'node:crypto'
import { Type } from 'typebox'
import { Value } from 'typebox/value'
import { childOf } from './draft.js'

const signingJwkShape = Type.Object({
  kty: Type.String(),
  crv: Type.Enum(['P-256', 'Ed25519']),
  x: Type.String(),
  d: Type.String(),
})

/**
 * Reads a file of signing keys: a private key in PEM, a private JWK, or a JWK Set of such. Undefined where it holds
 * anything but private keys of P-256 or Ed25519.
 */
export function parseSigningKeys(text: string): readonly JsonWebKey[] | undefined {
  const keys = text.trimStart().startsWith('{') ? readJson(text) : [readPem(text)]
  const jwks = keys.flatMap((key) => (isSigningJwk(key) ? [key] : []))
  return jwks.length > 0 && jwks.length === keys.length ? jwks : undefined
}

function readPem(text: string): unknown {
  try {
    return createPrivateKey(text).export({ format: 'jwk' })
  } catch {
    return undefined
  }
}

function readJson(text: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(text)
    const keys = childOf(value, 'keys')
    return Array.isArray(keys) ? keys : [value]
  } catch {
    return []
  }
}

function isSigningJwk(key: unknown): key is JsonWebKey {
  if (!Value.Check(signingJwkShape, key)) return false
  try {
    createPrivateKey({ key, format: 'jwk' })
    return true
  } catch {
    return false
  }
}

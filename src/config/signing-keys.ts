import type { JsonWebKey, KeyObject } from 'node:crypto'
import type { Parsed } from './parsed.js'
import { readPrivateKeys, type WrittenKey } from './private-keys.js'

/** The keys of the identity assertion as a file has them, as private JWKs: of P-256 or Ed25519 all of them. */
export function parseSigningKeys(text: string): Parsed<readonly JsonWebKey[]> {
  const written = readPrivateKeys(text)
  if ('fault' in written) return written
  if (!written.content.every(({ privateKey }) => isFit(privateKey))) {
    return { fault: 'holds a private key that is neither of P-256 nor of Ed25519' }
  }
  return { content: written.content.map(jwkOf) }
}

function isFit({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): boolean {
  return asymmetricKeyType === 'ed25519' || asymmetricKeyDetails?.namedCurve === 'prime256v1'
}

const jwkOf = ({ privateKey, kid }: WrittenKey): JsonWebKey => ({
  ...privateKey.export({ format: 'jwk' }),
  ...(kid !== undefined && { kid }),
})

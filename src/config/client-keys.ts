import { createPublicKey, type KeyObject } from 'node:crypto'
import type { Parsed } from './parsed.js'
import { readPrivateKeys, type WrittenKey } from './private-keys.js'
import { signatureAlgorithms } from './signature-algorithms.js'
import { jwkThumbprint } from './thumbprints.js'

/** A key with which the client signs. */
export interface ClientKey {
  readonly kid: string
  readonly algorithm: string
  readonly privateKey: KeyObject
  /** The public half as a JWK, with `kid`, `alg` and `use`. */
  readonly publicJwk: Readonly<Record<string, unknown>>
  /** `x5t#S256` (RFC 7515 §4.1.8) of the certificate that stands beside the key. */
  readonly certificateThumbprint?: string
}

/**
 * The keys of a client as its file has them; the first one signs.
 *
 * Each signs with the `alg` of its JWK, else with `algorithm`, else with what its type suggests. A key without a `kid` is
 * named by its thumbprint (RFC 7638). None may sign with another algorithm than those that are `allowed`.
 */
export function parseClientKeys(
  text: string,
  algorithm?: string,
  allowed: readonly string[] = signatureAlgorithms,
): Parsed<readonly ClientKey[]> {
  const written = readPrivateKeys(text)
  if ('fault' in written) return written
  const keys: ClientKey[] = []
  for (const each of written.content) {
    const key = usableKey(each, algorithm, allowed)
    if ('fault' in key) return key
    if (keys.some(({ kid }) => kid === key.content.kid)) {
      return { fault: `holds two keys of the kid ${JSON.stringify(key.content.kid)}` }
    }
    keys.push(key.content)
  }
  return { content: keys }
}

function usableKey(
  written: WrittenKey,
  configured: string | undefined,
  allowed: readonly string[],
): Parsed<ClientKey> {
  const { privateKey, certificateThumbprint } = written
  const able = algorithmsOf(privateKey)
  const fitting = able.filter((name) => allowed.includes(name))
  const algorithm = written.alg ?? configured ?? fitting[0]
  if (able.length === 0) {
    return { fault: 'holds a key of a type that cannot sign; use RSA of 2048 bits, EC or Ed25519' }
  }
  if (fitting.length === 0) {
    return { fault: `holds a key that cannot sign with ${allowed.join(', ')}` }
  }
  if (typeof algorithm !== 'string' || !fitting.includes(algorithm)) {
    return { fault: `holds a key that cannot sign with ${JSON.stringify(algorithm)}` }
  }
  const jwk: Record<string, unknown> = { ...createPublicKey(privateKey).export({ format: 'jwk' }) }
  const { kid = jwkThumbprint(jwk) } = written
  return {
    content: {
      kid,
      algorithm,
      privateKey,
      publicJwk: { ...jwk, kid, alg: algorithm, use: 'sig' },
      ...(typeof certificateThumbprint === 'string' && { certificateThumbprint }),
    },
  }
}

const curveAlgorithms: Readonly<Record<string, string>> = {
  prime256v1: 'ES256',
  secp384r1: 'ES384',
  secp521r1: 'ES512',
}

/** The algorithms that a key fits, the usual one first. */
function algorithmsOf(key: KeyObject): readonly string[] {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details = {} } = key
  if (type === 'rsa' && (details.modulusLength ?? 0) >= 2048) {
    return signatureAlgorithms.filter((name) => /^[RP]S/.test(name))
  }
  if (type === 'ed25519') return ['EdDSA']
  const algorithm = type === 'ec' ? curveAlgorithms[details.namedCurve ?? ''] : undefined
  return algorithm === undefined ? [] : [algorithm]
}

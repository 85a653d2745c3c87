import {
  createHash,
  createPrivateKey,
  createPublicKey,
  X509Certificate,
  type JsonWebKey,
  type KeyObject,
} from 'node:crypto'
import type { Parsed } from './parsed.js'
import { signatureAlgorithms } from './signature-algorithms.js'

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

/** A key as a file has it, before it is known whether it can sign. */
interface WrittenKey {
  readonly privateKey: KeyObject
  readonly kid?: unknown
  readonly alg?: unknown
  readonly certificateThumbprint?: unknown
}

/**
 * The private keys of a file: PEM, with certificates beside them if any, a JWK or a JWKS. The first one signs.
 *
 * Each signs with the `alg` of its JWK, else with `algorithm`, else with what its type suggests. A key without a `kid` is
 * named by its thumbprint (RFC 7638). None may sign with another algorithm than those that are `allowed`.
 */
export function parseClientKeys(
  text: string,
  algorithm?: string,
  allowed: readonly string[] = signatureAlgorithms,
): Parsed<readonly ClientKey[]> {
  const written = text.trimStart().startsWith('{') ? readJwks(text) : readPem(text)
  if ('fault' in written) return written
  if (written.content.length === 0) return { fault: 'holds no private key in PEM or as a JWK' }
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

function readPem(text: string): Parsed<WrittenKey[]> {
  const blocks = text.match(/-----BEGIN ([A-Z0-9 ]+)-----[^]+?-----END \1-----/g) ?? []
  const keyBlock = /^-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----/
  try {
    const certificates = blocks
      .filter((block) => block.startsWith('-----BEGIN CERTIFICATE-----'))
      .map((block) => new X509Certificate(block))
    const keys = blocks
      .filter((block) => keyBlock.test(block))
      .map((block) => createPrivateKey(block))
    const content = keys.map((privateKey) => {
      const own = certificates.find((certificate) => certificate.checkPrivateKey(privateKey))
      return own === undefined
        ? { privateKey }
        : { privateKey, certificateThumbprint: thumbprintOf(own) }
    })
    return { content }
  } catch {
    return { fault: 'holds PEM that cannot be read, or a private key with a passphrase' }
  }
}

function readJwks(text: string): Parsed<WrittenKey[]> {
  try {
    const document: unknown = JSON.parse(text)
    const listed: unknown = Reflect.get(Object(document), 'keys') ?? [document]
    const members: unknown[] = Array.isArray(listed) ? listed : []
    const content = members.filter(isSigningJwk).map((jwk) => ({
      privateKey: createPrivateKey({ key: jwk, format: 'jwk' }),
      kid: jwk['kid'],
      alg: jwk['alg'],
      certificateThumbprint: jwk['x5t#S256'],
    }))
    return { content }
  } catch {
    return { fault: 'holds JSON that is no private JWK' }
  }
}

const isSigningJwk = (member: unknown): member is JsonWebKey & Record<string, unknown> =>
  typeof member === 'object' && member !== null && Reflect.get(member, 'use') !== 'enc'

function usableKey(
  written: WrittenKey,
  configured: string | undefined,
  allowed: readonly string[],
): Parsed<ClientKey> {
  const { privateKey, certificateThumbprint, kid } = written
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
  const jwk: unknown = createPublicKey(privateKey).export({ format: 'jwk' })
  const members = Object(jwk)
  const name = typeof kid === 'string' && kid !== '' ? kid : jwkThumbprint(members)
  return {
    content: {
      kid: name,
      algorithm,
      privateKey,
      publicJwk: { ...members, kid: name, alg: algorithm, use: 'sig' },
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

function jwkThumbprint({ crv, e, kty, n, x, y }: Record<string, unknown>): string {
  // RFC 7638 §3: these members only, in this order; those that a type has not are left out.
  return createHash('sha256').update(JSON.stringify({ crv, e, kty, n, x, y })).digest('base64url')
}

function thumbprintOf(certificate: X509Certificate): string {
  return createHash('sha256').update(certificate.raw).digest('base64url')
}

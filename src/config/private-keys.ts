import { createPrivateKey, X509Certificate, type JsonWebKey, type KeyObject } from 'node:crypto'
import type { Parsed } from './parsed.js'
import { certificateThumbprint } from './thumbprints.js'

/** A private key as a file has it, before it is known whether it can sign. */
export interface WrittenKey {
  readonly privateKey: KeyObject
  /** The name that it has in the file. */
  readonly kid?: string
  readonly alg?: unknown
  /** `x5t#S256` of the certificate that stands beside the key. */
  readonly certificateThumbprint?: unknown
}

/** The private keys of a file, one at least: PEM, with certificates beside them if any, a JWK or a JWKS. */
export function readPrivateKeys(text: string): Parsed<readonly WrittenKey[]> {
  const read = text.trimStart().startsWith('{') ? readJwks(text) : readPem(text)
  const isEmpty = 'content' in read && read.content.length === 0
  return isEmpty ? { fault: 'holds no private key in PEM or as a JWK' } : read
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
        : { privateKey, certificateThumbprint: certificateThumbprint(own) }
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
    const content = members.filter(isSigningJwk).map(writtenKeyOf)
    return { content }
  } catch {
    return { fault: 'holds JSON that is no private JWK' }
  }
}

type WrittenJwk = JsonWebKey & Record<string, unknown>

const isSigningJwk = (member: unknown): member is WrittenJwk =>
  typeof member === 'object' && member !== null && Reflect.get(member, 'use') !== 'enc'

function writtenKeyOf(jwk: WrittenJwk): WrittenKey {
  const { kid } = jwk
  return {
    privateKey: createPrivateKey({ key: jwk, format: 'jwk' }),
    ...(typeof kid === 'string' && kid !== '' && { kid }),
    alg: jwk['alg'],
    certificateThumbprint: jwk['x5t#S256'],
  }
}

import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { decodeJwt, decodeProtectedHeader, SignJWT } from 'jose'
import { getDPoPHandle, modifyAssertion, type Configuration, type DPoPHandle } from 'openid-client'
import type { DpopKey } from '../session/dpop-key.js'

export type DpopAlgorithm = DpopKey['alg']

/** What Valetkey signs proofs with, the best first. */
const algorithms: readonly DpopAlgorithm[] = ['ES256', 'EdDSA', 'Ed25519']

/** The one to sign proofs with, of those that a provider announces. */
export function chooseDpopAlgorithm(announced: unknown): DpopAlgorithm | undefined {
  return Array.isArray(announced)
    ? algorithms.find((algorithm) => announced.includes(algorithm))
    : undefined
}

/**
 * The key that a login or a session has. One from before the configuration required it gets its key now, so
 * that the tokens of a session are bound from its next refresh on.
 */
export function dpopKeyFor(
  { dpopKey }: { readonly dpopKey?: DpopKey },
  { dpopAlgorithm }: { readonly dpopAlgorithm?: DpopAlgorithm },
): DpopKey | undefined {
  return dpopKey ?? (dpopAlgorithm && createDpopKey(dpopAlgorithm))
}

function createDpopKey(alg: DpopAlgorithm): DpopKey {
  if (alg === 'ES256') {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const { x = '', y = '', d = '' } = privateKey.export({ format: 'jwk' })
    return { kty: 'EC', crv: 'P-256', alg, x, y, d }
  }
  const { x = '', d = '' } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' })
  return { kty: 'OKP', crv: 'Ed25519', alg, x, d }
}

/** The latest nonce of each server, for whatever session is next (RFC 9449 §8.2). */
export interface DpopNonces {
  of(origin: string): string | undefined
  /** Takes the nonce of a response, whatever its status. */
  learn(url: string, headers: Headers): void
}

export function createDpopNonces(): DpopNonces {
  const byOrigin = new Map<string, string>()
  return {
    of: (origin) => byOrigin.get(origin),
    learn(url, headers) {
      const nonce = headers.get('dpop-nonce')
      if (nonce !== null && nonce !== '') byOrigin.set(new URL(url).origin, nonce)
    },
  }
}

/**
 * A proof for the same request once more. Each is accepted once (RFC 9449 §11.1), so it has another `jti`, and the
 * latest nonce.
 */
export function renewProof(proof: string, key: DpopKey, nonces: DpopNonces): Promise<string> {
  const claims = decodeJwt(proof)
  const { htu, nonce } = claims
  const latest = typeof htu === 'string' ? nonces.of(new URL(htu).origin) : undefined
  return new SignJWT({ ...claims, jti: randomUUID(), nonce: latest ?? nonce })
    .setProtectedHeader({ ...decodeProtectedHeader(proof), alg: key.alg })
    .sign(key)
}

/**
 * Has openid-client prove possession of a key with every request of a call. Where the server wants a nonce,
 * openid-client makes the request once more, with a client assertion of its own (RFC 9449 §8).
 */
export async function createDpopHandle(
  configuration: Configuration,
  key: DpopKey,
  nonces: DpopNonces,
): Promise<DPoPHandle> {
  const { kty, crv, alg, x, y, d } = key
  const algorithm = kty === 'EC' ? { name: 'ECDSA', namedCurve: crv } : { name: crv }
  const publicJwk = { kty, crv, x, ...(y === undefined ? {} : { y }) }
  const [privateKey, publicKey] = await Promise.all([
    crypto.subtle.importKey('jwk', { ...publicJwk, d }, algorithm, false, ['sign']),
    crypto.subtle.importKey('jwk', publicJwk, algorithm, true, ['verify']),
  ])
  const pair = { privateKey, publicKey }
  return getDPoPHandle(configuration, pair, {
    [modifyAssertion](header, payload) {
      header['alg'] = alg
      // The one that this very call was given counts more: another session's may have come in between.
      const { htu } = payload
      if (typeof htu === 'string') payload['nonce'] ??= nonces.of(new URL(htu).origin)
    },
  })
}

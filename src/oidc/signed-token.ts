import { isUtf8 } from 'node:buffer'
import { compactVerify, decodeProtectedHeader } from 'jose'
import { parseJsonObject, type JsonObject } from '../json-object.js'
import { OidcError, type OidcErrorCode } from './errors.js'
import type { KeySet } from './key-set.js'

/** Which signatures count. */
export interface SignatureRules {
  readonly keys: KeySet
  /** The accepted values of `alg`; HS* only when the configuration names it. */
  readonly algorithms: readonly string[]
  /** The keys of HS*, by one of which it has to be signed. */
  readonly clientSecrets: () => Promise<readonly string[]>
  /** The accepted values of `typ`, where there is one; by default `JWT`. */
  readonly types?: RegExp
  /** Whether there must be a `typ`. */
  readonly isTypeRequired?: boolean
}

export interface SignedToken {
  readonly algorithm: string
  readonly claims: JsonObject
}

const maxTokenLength = 64 * 1024

/**
 * Verifies the signature of a JWT of the provider and returns its claims, which are still to be
 * checked. Keys named in its header (`jwk`, `jku`, `x5u`, `x5c`) are never used, and the kind of key
 * follows from the allow-list, so that a public key is never taken for a secret (RFC 8725 §3.1, §3.2).
 * Throws OidcError ERR_ID_TOKEN_*.
 */
export async function verifySignedToken(
  token: string,
  rules: SignatureRules,
): Promise<SignedToken> {
  const algorithm = checkHeader(token, rules)
  const { payload } = algorithm.startsWith('HS')
    ? await verifyWithSecret(token, algorithm, await rules.clientSecrets())
    : await rules.keys.verify(token, [algorithm])
  const claims = isUtf8(payload) ? parseJsonObject(new TextDecoder().decode(payload)) : undefined
  if (claims === undefined) {
    throw new OidcError('ERR_ID_TOKEN_MALFORMED', 'the payload of the token is no JSON object')
  }
  return { algorithm, claims }
}

/** Whether an error of `verifySignedToken` says that the token is at fault, rather than what it is verified with. */
export const isTokenFault = ({ code }: OidcError): boolean => code.startsWith('ERR_ID_TOKEN_')

/**
 * The claims of a token that is no ID token, but signed by the same keys. As `verifySignedToken`, except that what
 * is wrong with the token is told by `code`.
 */
export async function verifyOtherToken(
  code: OidcErrorCode,
  token: string,
  rules: SignatureRules,
  isAtFault = isTokenFault,
): Promise<JsonObject> {
  try {
    return (await verifySignedToken(token, rules)).claims
  } catch (error) {
    if (!(error instanceof OidcError) || !isAtFault(error)) throw error
    throw new OidcError(code, error.message, { cause: error })
  }
}

function checkHeader(
  token: string,
  { algorithms, types = /^(application\/)?jwt$/i, isTypeRequired = false }: SignatureRules,
): string {
  const parts = token.split('.').length
  if (parts === 5) {
    throw new OidcError('ERR_ID_TOKEN_ENCRYPTED', 'encrypted tokens are not supported')
  }
  if (parts !== 3 || token.length > maxTokenLength) throw malformed()
  const { alg, typ, crit } = parseHeader(token)
  if (alg === undefined || !algorithms.includes(alg)) {
    throw new OidcError(
      'ERR_ID_TOKEN_ALGORITHM',
      `"alg" ${JSON.stringify(alg)} is none of ${algorithms.join(', ')}`,
    )
  }
  // No extension is understood, so none may be critical (RFC 7515 §4.1.11).
  if (crit !== undefined) {
    throw new OidcError('ERR_ID_TOKEN_CRITICAL_HEADER', 'the token has a "crit" header')
  }
  // An access token or a logout token is no ID token (RFC 8725 §3.11).
  if (typ === undefined ? isTypeRequired : !types.test(typ)) {
    throw new OidcError('ERR_ID_TOKEN_TYPE', `"typ" ${JSON.stringify(typ)} is of another token`)
  }
  return alg
}

function parseHeader(token: string) {
  try {
    const { alg, typ, crit }: JsonObject = decodeProtectedHeader(token)
    if (typ !== undefined && typeof typ !== 'string') throw malformed()
    return { alg: typeof alg === 'string' ? alg : undefined, typ, crit }
  } catch (cause) {
    throw malformed(cause)
  }
}

async function verifyWithSecret(token: string, algorithm: string, secrets: readonly string[]) {
  if (secrets.length === 0) {
    throw new OidcError('ERR_ID_TOKEN_KEY', `there is no client secret to verify ${algorithm} with`)
  }
  let cause: unknown
  for (const secret of secrets) {
    try {
      const key = new TextEncoder().encode(secret)
      return await compactVerify(token, key, { algorithms: [algorithm] })
    } catch (error) {
      cause = error
    }
  }
  throw new OidcError('ERR_ID_TOKEN_SIGNATURE', 'the signature of the token is wrong', { cause })
}

function malformed(cause?: unknown): OidcError {
  return new OidcError('ERR_ID_TOKEN_MALFORMED', 'the token is no signed JWT', { cause })
}

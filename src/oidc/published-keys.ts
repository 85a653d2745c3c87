import type { JWK } from 'jose'
import { isJsonObject, type JsonObject } from '../json-object.js'
import { OidcError } from './errors.js'
import { type ProviderHttp, readJsonObject } from './provider-http.js'

/** The signature keys of a JWKS, of types that are known. */
export interface PublishedKeys {
  readonly keys: readonly JWK[]
  /** For how long they need not be looked at again. */
  readonly freshForMs: number
  /** By which the provider tells whether those at the URL are still the same (RFC 9110 §8.8.3). */
  readonly validator?: { readonly url: string; readonly etag: string }
}

const maxKeys = 100

/**
 * Fetches the keys, or learns that `known` ones are unchanged and still fresh. Throws OidcError
 * ERR_PROVIDER_UNAVAILABLE, or ERR_PROVIDER_KEYS for an answer without keys.
 */
export async function fetchPublishedKeys(
  http: ProviderHttp,
  url: string,
  known?: PublishedKeys,
): Promise<PublishedKeys> {
  const etag = known?.validator?.url === url ? known.validator.etag : undefined
  const response = await http.request(url, {
    headers: {
      accept: 'application/json',
      ...(etag === undefined ? {} : { 'if-none-match': etag }),
    },
  })
  const freshForMs = freshForMsOf(response.headers)
  if (response.status === 304) {
    if (known !== undefined && etag !== undefined) return { ...known, freshForMs }
    const message = `GET ${url}: status 304, as if keys were known`
    throw new OidcError('ERR_PROVIDER_KEYS', message)
  }
  const keys = usableKeys(await readJsonObject(response, url, 'ERR_PROVIDER_KEYS'))
  const newEtag = response.headers.get('etag') ?? ''
  return {
    keys,
    freshForMs,
    ...(etagPattern.test(newEtag) ? { validator: { url, etag: newEtag } } : {}),
  }
}

const etagPattern = /^(?:W\/)?"[\x21\x23-\x7e]{0,256}"$/

/** Ten minutes where the provider says nothing, or not to keep them at all. */
const defaultFreshMs = 600_000
/** As often as for unknown keys. */
const leastFreshMs = 30_000
/** Whatever the provider says: so long may a key count that it withdrew. */
export const mostFreshMs = 3_600_000

/** What is left of the `max-age` (RFC 9111 §4.2), within bounds. */
function freshForMsOf(headers: Headers): number {
  const directives = (headers.get('cache-control') ?? '').toLowerCase().split(/\s*,\s*/)
  if (directives.includes('no-store') || directives.includes('no-cache')) return defaultFreshMs
  const [maxAge] = directives.flatMap((text) => /^max-age="?([0-9]+)"?$/.exec(text)?.[1] ?? [])
  if (maxAge === undefined) return defaultFreshMs
  const age = /^[0-9]{1,10}$/.exec(headers.get('age') ?? '')?.[0] ?? 0
  const leftMs = (Number(maxAge) - Number(age)) * 1000
  return Math.min(Math.max(leftMs, leastFreshMs), mostFreshMs)
}

/** The signature keys of types that are known; throws OidcError ERR_PROVIDER_KEYS. */
export function usableKeys(document: JsonObject): JWK[] {
  const listed: unknown = document['keys']
  if (!Array.isArray(listed)) {
    throw new OidcError('ERR_PROVIDER_KEYS', 'the JWKS of the provider has no list of keys')
  }
  const members: unknown[] = listed
  return members.filter(isSignatureKey).slice(0, maxKeys)
}

function isSignatureKey(member: unknown): member is JWK {
  return (
    isJsonObject(member) &&
    (member['kty'] === 'RSA' || member['kty'] === 'EC' || member['kty'] === 'OKP') &&
    (member['use'] === undefined || member['use'] === 'sig')
  )
}

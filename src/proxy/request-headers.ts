import type { HopFields } from './hop-fields.js'
import { isHopByHop, namesListedInConnection, neverInTrailers } from './hop-by-hop.js'
import { withoutOwnCookies, type IsOwnCookie } from './own-cookies.js'

export interface RequestHeaderRules {
  /** Tells whether only Valetkey may send this header; gets lower case with `-` for `_`. */
  readonly isReservedHeader: (name: string) => boolean
  readonly isOwnCookie: IsOwnCookie
}

export interface RequestHeaderChanges {
  /** Put in after everything of their names was taken out. */
  readonly addHeaders: readonly (readonly [name: string, value: string])[]
  /** Whether the client's own Authorization stays. */
  readonly passAuthorization: boolean
}

/**
 * Where a client can say by which address, host, scheme, path or method it should be known. The forwarding plan
 * brings what of it is true (RFC 7239 §8.1).
 */
const claimsOfForwarders = new Set([
  'forwarded',
  'x-real-ip',
  'x-original-method',
  'x-original-uri',
  'x-original-url',
  'x-rewrite-url',
])

/** What a hop continues by saying it anew. */
const continued = new Set(['traceparent', 'tracestate'])

/** Names that must not come in through a spelling with `_`, which CGI and WSGI make equal to theirs. */
const spelledOneWay = new Set(['content-length', 'content-type', 'cookie', 'host'])

/**
 * The header array of a request as the upstream gets it: the client's, in order and with duplicates kept apart, less
 * hop-by-hop fields (RFC 9110 §7.6.1), reserved names in any spelling, what the client says about forwarding, and
 * Valetkey's cookies; then the added ones, which nothing the client sends can take out, and what this hop says of itself.
 *
 * @param rawHeaders names and values by turns, as node has them in `rawHeaders`
 * @returns names and values by turns
 */
export const buildRequestHeaders = (
  rawHeaders: readonly string[],
  rules: RequestHeaderRules,
  changes: RequestHeaderChanges,
  hop?: HopFields,
): string[] => {
  const listed = namesListedInConnection(rawHeaders)
  const added = new Set(changes.addHeaders.map(([name]) => name.toLowerCase()))
  const headers: string[] = []
  let hostSeen = false

  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] ?? ''
    const value = rawHeaders[i + 1] ?? ''
    const lower = name.toLowerCase()
    const plain = lower.includes('_') ? lower.replaceAll('_', '-') : lower

    if (lower === 'te' && asksForTrailers(value)) headers.push('te', 'trailers')
    if (
      isForThisHopOnly(plain) ||
      rules.isReservedHeader(plain) ||
      added.has(plain) ||
      (plain === 'authorization' && !changes.passAuthorization) ||
      (plain !== lower && spelledOneWay.has(plain))
    ) {
      continue
    }
    if (lower === 'host') {
      if (!hostSeen) headers.push(name, value)
      hostSeen = true
    } else if (listed.has(lower)) {
      continue
    } else if (lower === 'cookie') {
      const cookie = withoutOwnCookies(value, rules.isOwnCookie)
      if (cookie !== undefined) headers.push(name, cookie)
    } else if (lower === 'max-forwards') {
      headers.push(name, hop?.maxForwards ?? value)
    } else {
      headers.push(name, value)
    }
  }

  for (const [name, value] of changes.addHeaders) headers.push(name, value)
  if (hop === undefined) return headers
  for (const [name, value] of hop.trace) headers.push(name, value)
  headers.push('Via', hop.via)
  return headers
}

/** The trailers of a request as the upstream gets them: those that could not pass for anything else (RFC 9110 §6.5.1). */
export const buildRequestTrailers = (
  rawTrailers: readonly string[],
  rules: RequestHeaderRules,
): string[] =>
  rawTrailers.filter((_text, index) => {
    const name = (rawTrailers[index - (index % 2)] ?? '').toLowerCase().replaceAll('_', '-')
    return !(
      isForThisHopOnly(name) ||
      rules.isReservedHeader(name) ||
      neverInTrailers.has(name) ||
      name === 'cookie'
    )
  })

const isForThisHopOnly = (name: string): boolean =>
  isHopByHop(name) ||
  name === 'expect' ||
  continued.has(name) ||
  name.startsWith('x-forwarded-') ||
  claimsOfForwarders.has(name)

const asksForTrailers = (te: string): boolean =>
  te.split(',').some((coding) => coding.trim().toLowerCase() === 'trailers')

import { byNginx } from '../access/original-request.js'
import type { RawHeaders } from '../raw-headers.js'
import { remember } from '../remember.js'
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
  readonly addHeaders: RawHeaders
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
  'x-original-uri',
  byNginx.method,
  byNginx.target,
  'x-rewrite-url',
])

/** What a hop continues by saying it anew. */
const continued = new Set(['traceparent', 'tracestate'])

/** Names that must not come in through a spelling with `_`, which CGI and WSGI make equal to theirs. */
const spelledOneWay = new Set(['content-length', 'content-type', 'cookie', 'host'])

/** What becomes of a field of the client, by its name alone. */
interface NameFacts {
  /** As it is spelled: one string for all requests, which is cheaper to look up than that of each. */
  readonly name: string
  readonly lower: string
  /** In lower case, with `-` for `_`. */
  readonly plain: string
  readonly fate:
    'removed' | 'authorization' | 'host' | 'cookie' | 'max-forwards' | 'te' | 'trailer' | 'passed'
}

/**
 * Makes the header array of a request as the upstream gets it: the client's, in order and with duplicates kept apart, less
 * hop-by-hop fields (RFC 9110 §7.6.1), reserved names in any spelling, what the client says about forwarding, and
 * Valetkey's cookies; then the added ones, which nothing the client sends can take out, and what this hop says of itself.
 *
 * The result is raw like them.
 */
export type BuildRequestHeaders = (
  rawHeaders: RawHeaders,
  changes: RequestHeaderChanges,
  hop?: HopFields,
) => string[]

export const createRequestHeaders = (rules: RequestHeaderRules): BuildRequestHeaders => {
  const factsOf = remember((name): NameFacts => {
    const lower = name.toLowerCase()
    const plain = lower.replaceAll('_', '-')
    return { name, lower, plain, fate: fateOf(lower, plain, rules) }
  })

  const isAdded = (plain: string, { addHeaders }: RequestHeaderChanges): boolean => {
    for (let i = 0; i < addHeaders.length; i += 2) {
      const name = addHeaders[i] ?? ''
      if (name.length === plain.length && factsOf(name).lower === plain) return true
    }
    return false
  }

  return (rawHeaders, changes, hop) => {
    const listed = namesListedInConnection(rawHeaders)
    const headers: string[] = []
    let hostSeen = false

    for (let i = 0; i < rawHeaders.length; i += 2) {
      const value = rawHeaders[i + 1] ?? ''
      const { name, lower, plain, fate } = factsOf(rawHeaders[i] ?? '')
      if (fate === 'removed') continue
      if (fate === 'te') {
        if (asksForTrailers(value)) headers.push('te', 'trailers')
      } else if (isAdded(plain, changes)) {
        continue
      } else if (fate === 'host') {
        if (!hostSeen) headers.push(name, value)
        hostSeen = true
      } else if (listed?.has(lower) === true) {
        continue
      } else if (fate === 'authorization') {
        if (changes.passAuthorization) headers.push(name, value)
      } else if (fate === 'cookie') {
        const cookie = withoutOwnCookies(value, rules.isOwnCookie)
        if (cookie !== undefined) headers.push(name, cookie)
      } else if (fate === 'max-forwards') {
        headers.push(name, hop?.maxForwards ?? value)
      } else if (fate !== 'trailer' || hop?.passesTrailers === true) {
        headers.push(name, value)
      }
    }

    for (const part of changes.addHeaders) headers.push(part)
    if (hop === undefined) return headers
    for (const [name, value] of hop.trace) headers.push(name, value)
    headers.push('Via', hop.via)
    return headers
  }
}

const fateOf = (lower: string, plain: string, rules: RequestHeaderRules): NameFacts['fate'] => {
  if (lower === 'te' || lower === 'trailer') return lower
  const isSpelledForCgi = plain !== lower && spelledOneWay.has(plain)
  if (isForThisHopOnly(plain) || rules.isReservedHeader(plain) || isSpelledForCgi) return 'removed'
  if (plain === 'authorization') return 'authorization'
  if (lower === 'host' || lower === 'cookie' || lower === 'max-forwards') return lower
  return 'passed'
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

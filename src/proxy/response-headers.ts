import { remember } from '../remember.js'
import { isHopByHop, namesListedInConnection, neverInTrailers } from './hop-by-hop.js'
import { setsOwnCookie, type IsOwnCookie } from './own-cookies.js'

export interface ResponseHeaderRules {
  /** Tells whether only Valetkey's own answers may carry this header; gets lower case. */
  readonly isAnswerHeader: (name: string) => boolean
  readonly isOwnCookie: IsOwnCookie
}

/**
 * Makes the header array of a response as the client gets it: the upstream's, in order and with duplicates kept apart, less
 * hop-by-hop fields, what would pass for an answer of Valetkey's own, and cookies of Valetkey's names.
 *
 * `rawHeaders` are names and values by turns, and so is the result.
 */
export type BuildResponseHeaders = (rawHeaders: readonly string[]) => string[]

export const createResponseHeaders = (rules: ResponseHeaderRules): BuildResponseHeaders => {
  const factsOf = remember((name) => {
    const lower = name.toLowerCase()
    return { lower, isRemoved: isHopByHop(lower) || rules.isAnswerHeader(lower) }
  })

  return (rawHeaders) => {
    const listed = namesListedInConnection(rawHeaders)
    const headers: string[] = []
    for (let i = 0; i < rawHeaders.length; i += 2) {
      const name = rawHeaders[i] ?? ''
      const value = rawHeaders[i + 1] ?? ''
      const { lower, isRemoved } = factsOf(name)
      if (isRemoved || listed?.has(lower) === true) continue
      if (lower === 'set-cookie' && setsOwnCookie(value, rules.isOwnCookie)) continue
      headers.push(name, value)
    }
    return headers
  }
}

/**
 * Whether the body of a response could be read in one way only. The parser has refused the other ambiguities; a coding
 * besides `chunked` it takes for the body itself, and the client would not hear of it.
 */
export const isFramedClearly = (rawHeaders: readonly string[]): boolean => {
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if (rawHeaders[i]?.length !== 17 || rawHeaders[i]?.toLowerCase() !== 'transfer-encoding')
      continue
    if (rawHeaders[i + 1]?.toLowerCase() !== 'chunked') return false
  }
  return true
}

/** The trailers that may follow a body, as pairs. */
export const buildResponseTrailers = (
  rawTrailers: readonly string[],
  rules: ResponseHeaderRules,
): [name: string, value: string][] => {
  const trailers: [string, string][] = []
  for (let i = 0; i < rawTrailers.length; i += 2) {
    const name = rawTrailers[i] ?? ''
    const lower = name.toLowerCase()
    if (isHopByHop(lower) || neverInTrailers.has(lower) || rules.isAnswerHeader(lower)) continue
    trailers.push([name, rawTrailers[i + 1] ?? ''])
  }
  return trailers
}

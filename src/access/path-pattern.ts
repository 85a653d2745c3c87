import { Buffer } from 'node:buffer'
import { CodedError } from '../errors.js'
import { foldCase, hasControlByte, readingsOf } from './readings.js'

/** A path pattern that cannot be meant; the message says what would be right. */
export class PathPatternError extends CodedError<'ERR_ACCESS_PATH_PATTERN'> {
  constructor(message: string) {
    super('ERR_ACCESS_PATH_PATTERN', message)
  }
}

export interface PathPattern {
  readonly source: string
  /** The pattern without regard to case; two patterns with the same one differ by case only. */
  readonly folded: string
  /** Whether the reading of a request target matches, case-sensitively. */
  matches(reading: string): boolean
  /** Whether a reading that went through `foldCase` matches without regard to case. */
  matchesFolded(foldedReading: string): boolean
}

type Matcher = (reading: string) => boolean

const anySegment = '*'

/**
 * Compiles `/x/` (the prefix), `/x` (exactly that), `*` (one segment, not empty) and a trailing `**` (the rest).
 *
 * Characters that travel percent-encoded match in both spellings. Throws PathPatternError for a pattern
 * that some upstream would read in another way than it is written, because no request could match it.
 */
export function compilePathPattern(source: string): PathPattern {
  if (!source.startsWith('/')) throw new PathPatternError(`"${source}" must start with "/"`)
  const pattern = source.endsWith('/**') ? source.slice(0, -2) : source
  if (pattern.split('/').some((segment) => segment !== anySegment && segment.includes('*'))) {
    throw new PathPatternError(
      `"${source}" must have "*" as a whole segment, and "**" only as the last one`,
    )
  }
  const encoded = encodePath(pattern)
  const decoded = decodePath(encoded)
  const spellings = encoded === decoded ? [encoded] : [encoded, decoded]
  const compiled = {
    source,
    folded: foldCase(decoded),
    matches: matchAny(spellings),
    matchesFolded: matchAny(spellings.map(foldCase)),
  }
  const example = encoded.replaceAll(/(?<=\/)\*(?=\/|$)/g, 'x')
  const isPlain = !encoded.includes('%2F') && !hasControlByte(decoded)
  if (!isPlain || readingsOf(example)?.every(compiled.matches) !== true) {
    throw new PathPatternError(
      `"${source}" can be read in several ways: leave out dot segments, "//", "\\", ";", "?", "#", control characters and their encodings`,
    )
  }
  return compiled
}

const encodePath = (pattern: string) =>
  pattern
    .replaceAll(/%[0-9a-f]{2}/gi, (escape) => escape.toUpperCase())
    .replaceAll(/[^\x21-\x7e]|["<>^`{|}?#\\]/gu, (character) =>
      [...Buffer.from(character, 'utf8')]
        .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`)
        .join(''),
    )

const decodePath = (encoded: string) =>
  encoded.replaceAll(/%([0-9A-F]{2})/g, (_escape, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  )

function matchAny(spellings: readonly string[]): Matcher {
  const [first, second] = spellings.map(compileMatcher)
  if (first === undefined) return () => false
  return second === undefined ? first : (reading) => first(reading) || second(reading)
}

function compileMatcher(pattern: string): Matcher {
  const isPrefix = pattern.endsWith('/')
  const segments = pattern.split('/').slice(1, isPrefix ? -1 : undefined)
  if (!segments.includes(anySegment)) {
    return isPrefix ? (reading) => reading.startsWith(pattern) : (reading) => reading === pattern
  }
  return (reading) => {
    let start = 1
    for (const segment of segments) {
      if (start > reading.length) return false
      const slash = reading.indexOf('/', start)
      const end = slash === -1 ? reading.length : slash
      const fits =
        segment === anySegment
          ? end > start
          : end - start === segment.length && reading.startsWith(segment, start)
      if (!fits) return false
      start = end + 1
    }
    return isPrefix ? start <= reading.length : start > reading.length
  }
}

import { compilePathPattern, PathPatternError } from '../access/path-pattern.js'

/** What is wrong with the path of a route and what would be right; undefined if nothing is. */
export function routePathFault(path: string): string | undefined {
  const segments = path.split('/').slice(1)
  if (/[?#]/.test(path)) return 'has a query or fragment; routes look at the path alone'
  // oxlint-disable-next-line no-control-regex -- control characters are what it looks for
  if (/[\\;\s\x00-\x1f\x7f]/.test(path)) {
    return 'has a backslash, ";", space or control character, which upstreams read in different ways'
  }
  if (segments.slice(0, -1).includes('')) return 'has "//"; write a single "/"'
  if (segments.some((segment) => segment === '.' || segment === '..')) {
    return 'has a "." or ".." segment; write the path that it leads to'
  }
  if (segments.slice(0, -1).includes('**')) return 'has "**" before its end; it must come last'
  if (segments.some((segment) => segment.includes('*') && !/^\*\*?$/.test(segment))) {
    return 'has "*" beside other characters; it must be a whole segment, as in /files/*/raw'
  }
  if (/%(?![0-9a-f]{2})/i.test(path)) return 'has a "%" that begins no percent-encoding'
  const needless = (path.match(/%[0-9a-f]{2}/gi) ?? []).find(isNeedlessOrAmbiguous)
  if (needless !== undefined) return `has ${needless}; write the character itself or leave it out`
  return isCompilable(path)
    ? undefined
    : 'can be read in several ways; leave out what some upstreams decode, trim or normalize, such as dots at the end of a segment and lookalike characters'
}

function isCompilable(path: string): boolean {
  try {
    compilePathPattern(path)
    return true
  } catch (error) {
    if (error instanceof PathPatternError) return false
    throw error
  }
}

/** Unreserved characters (RFC 3986 §2.3) and those that change what a path means once decoded. */
function isNeedlessOrAmbiguous(escape: string): boolean {
  const character = String.fromCharCode(Number.parseInt(escape.slice(1), 16))
  // oxlint-disable-next-line no-control-regex -- control characters are what it looks for
  return /[A-Za-z0-9._~/\\;%?#*\x00-\x1f\x7f-]/.test(character)
}

/** Whether every path that the later pattern matches is matched by the earlier one already. */
export function coversPath(earlier: string, later: string): boolean {
  const wide = readPattern(earlier)
  const narrow = readPattern(later)
  const hasRoom = wide.isPrefix
    ? narrow.segments.length >= wide.segments.length + (narrow.isPrefix ? 0 : 1)
    : !narrow.isPrefix && narrow.segments.length === wide.segments.length
  return (
    hasRoom &&
    wide.segments.every((segment, index) => segment === '*' || segment === narrow.segments[index])
  )
}

function readPattern(path: string): { segments: string[]; isPrefix: boolean } {
  const pattern = path.endsWith('/**') ? path.slice(0, -2) : path
  const isPrefix = pattern.endsWith('/')
  return { segments: pattern.split('/').slice(1, isPrefix ? -1 : undefined), isPrefix }
}

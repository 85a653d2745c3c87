import { decodeUtf8, encodeUtf8 } from './utf8-bytes.js'

/**
 * One way in which some server reads a path further: applied to a reading it gives another reading.
 * Readings are byte strings (each character one byte), because that is what percent-decoding yields.
 */
export type Step = (reading: string) => string

const decodeByte = (_escape: string, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))

const decodeEverything: Step = (reading) => reading.replaceAll(/%([0-9a-f]{2})/gi, decodeByte)

// Apache with `AllowEncodedSlashes NoDecode`, Envoy and others leave separators encoded.
const decodeAllButSeparators: Step = (reading) =>
  reading.replaceAll(/%(?!2f|5c)([0-9a-f]{2})/gi, decodeByte)

// The normalization of RFC 3986 §6.2.2.2.
const decodeUnreserved: Step = (reading) =>
  reading.replaceAll(/%(2d|2e|3[0-9]|4[1-9a-f]|5[0-9a]|5f|6[1-9a-f]|7[0-9a]|7e)/gi, decodeByte)

// The URL Standard resolves `%2e%2e` but decodes nothing else.
const decodeDots: Step = (reading) => reading.replaceAll(/%2e/gi, '.')

// IIS and some application firewalls.
const decodeUnicodeEscapes: Step = (reading) =>
  reading.replaceAll(/%u([0-9a-f]{4})/gi, (_escape, hex: string) =>
    encodeUtf8(String.fromCharCode(Number.parseInt(hex, 16))),
  )

// Classic ASP drops a percent sign that starts no escape; most servers keep it, some refuse.
const dropStrayPercents: Step = (reading) =>
  reading.replaceAll(/%(?!u[0-9a-f]{4}|[0-9a-f]{2})/gi, '')

const backslashesAsSlashes: Step = (reading) => reading.replaceAll('\\', '/')
const mergeSlashes: Step = (reading) => reading.replaceAll(/\/{2,}/g, '/')
const dropParameters: Step = (reading) => reading.replaceAll(/;[^/]*/g, '')
const cutAtQueryOrFragment: Step = (reading) => reading.replace(/[?#].*$/s, '')

// Windows file names end before trailing dots and spaces.
const dropTrailingDots: Step = (reading) =>
  reading.replaceAll(/([^/. ])[. ]+(?=\/|$)|(\/\.{1,2}) [. ]*(?=\/|$)/g, '$1$2')

// `new URL(request.url, base)` takes what follows two slashes for a host.
const dropAuthority: Step = (reading) =>
  reading.startsWith('//') ? reading.replace(/^\/+[^/]*\/?/, '/') : reading

const resolveDots: Step = (reading) => {
  if (!reading.includes('/.')) return reading
  const kept: string[] = []
  const segments = reading.split('/')
  for (const [index, segment] of segments.entries()) {
    if (index === 0) continue
    const dots = segment === '.' || segment === '..'
    if (segment === '..') kept.pop()
    if (!dots) kept.push(segment)
    else if (index === segments.length - 1) kept.push('')
  }
  return `/${kept.join('/')}`
}

// Go's path.Clean and Python's normpath leave no slash where a final dot segment was.
const resolveDotsToFile: Step = (reading) =>
  /\/\.{1,2}$/.test(reading) ? resolveDots(reading).replace(/(?<=.)\/$/, '') : reading

// Lax UTF-8 decoders take `C0 AF` for `/`, and some ignore the two high bits of the second byte.
const decodeOverlong: Step = (reading) =>
  reading
    .replaceAll(/([\xc0\xc1])([\0-\xff])/g, (sequence, lead: string, trail: string) => {
      const byte = ((lead.charCodeAt(0) & 1) << 6) | (trail.charCodeAt(0) & 0x3f)
      const character = String.fromCharCode(byte)
      return trail >= '\x80' && trail <= '\xbf'
        ? character
        : './\\;%'.includes(character)
          ? character
          : sequence
    })
    .replaceAll(
      /(?:\xe0|\xf0\x80|\xf8\x80\x80|\xfc\x80\x80\x80)([\x80\x81])([\x80-\xbf])/g,
      (_sequence, middle: string, trail: string) =>
        String.fromCharCode(((middle.charCodeAt(0) & 1) << 6) | (trail.charCodeAt(0) & 0x3f)),
    )

// Servers that expect ISO 8859-1.
const readAsLatin1: Step = (reading) =>
  decodeUtf8(reading) === undefined ? encodeUtf8(reading) : reading

const lookalikes = new Map([
  ['\u2044', '/'],
  ['\u2215', '/'],
  ['\u2216', '\\'],
  ['\u00a5', '\\'],
  ['\u20a9', '\\'],
])

// Compatibility forms (`．．／`, `ａ`): servers that apply NFKC, and Windows' best-fit mapping.
const foldCompatibilityForms: Step = (reading) => {
  const text = decodeUtf8(reading)
  if (text === undefined) return reading
  const folded = text.replaceAll(/[^\0-\x7f]/gu, (character) => {
    const plain = lookalikes.get(character) ?? character.normalize('NFKC')
    return /^[\0-\x7f]+$/.test(plain) ? plain : character
  })
  return folded === text ? reading : encodeUtf8(folded)
}

export const stepsForEscapes = [
  decodeEverything,
  decodeAllButSeparators,
  decodeUnreserved,
  decodeDots,
  decodeUnicodeEscapes,
  dropStrayPercents,
]
export const stepsForCharacters = [
  backslashesAsSlashes,
  mergeSlashes,
  dropAuthority,
  dropParameters,
  cutAtQueryOrFragment,
  dropTrailingDots,
  resolveDots,
  resolveDotsToFile,
]
export const stepsForBytes = [decodeOverlong, readAsLatin1, foldCompatibilityForms]

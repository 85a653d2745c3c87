import { stepsForBytes, stepsForCharacters, stepsForEscapes } from './reading-steps.js'
import { decodeUtf8, encodeUtf8, hasBytesBeyondAscii } from './utf8-bytes.js'

const maxReadings = 64
const maxBytes = 64 * 1024

/**
 * Every path that some server could take the path for: as sent (escapes in upper case), and what comes
 * of decoding, resolving, merging, dropping and folding in any order, any number of times.
 *
 * Answers undefined when there are too many to look at (more than 64, or 64 KB of them).
 */
export function readingsOf(path: string): readonly string[] | undefined {
  const asSent = path.replaceAll(/%[0-9a-f]{2}/gi, (escape) => escape.toUpperCase())
  const readings = new Set([asSent])
  let bytes = asSent.length
  for (const reading of readings) {
    for (const next of furtherReadings(reading)) {
      if (readings.has(next)) continue
      readings.add(next)
      bytes += next.length
      if (readings.size > maxReadings || bytes > maxBytes) return undefined
    }
  }
  return [...readings]
}

function* furtherReadings(reading: string): Generator<string> {
  if (reading.includes('%')) for (const step of stepsForEscapes) yield step(reading)
  for (const step of stepsForCharacters) yield step(reading)
  if (hasBytesBeyondAscii(reading)) for (const step of stepsForBytes) yield step(reading)
}

/**
 * Folds case, and equivalent Unicode spellings where the bytes are UTF-8. By way of upper case, because some
 * servers compare that: the dotless `ı` and the long `ſ` become `I` and `S`.
 */
export function foldCase(reading: string): string {
  if (!hasBytesBeyondAscii(reading)) return reading.toLowerCase()
  const text = decodeUtf8(reading)
  if (text !== undefined)
    return encodeUtf8(text.normalize('NFKC').toLowerCase().toUpperCase().toLowerCase())
  return reading.replaceAll(/[A-Z]+/g, (letters) => letters.toLowerCase())
}

export function hasControlByte(reading: string): boolean {
  for (let index = 0; index < reading.length; index++) {
    const byte = reading.charCodeAt(index)
    if (byte < 0x20 || byte === 0x7f) return true
  }
  return false
}

import { Buffer } from 'node:buffer'

// Paths are looked at as byte strings: each character is one byte.

export const encodeUtf8 = (text: string): string => Buffer.from(text, 'utf8').toString('latin1')

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The text of a byte string; undefined when its bytes are no UTF-8. */
export function decodeUtf8(reading: string): string | undefined {
  try {
    return strictUtf8.decode(Buffer.from(reading, 'latin1'))
  } catch {
    return undefined
  }
}

export function hasBytesBeyondAscii(reading: string): boolean {
  for (let index = 0; index < reading.length; index++) {
    if (reading.charCodeAt(index) > 0x7f) return true
  }
  return false
}

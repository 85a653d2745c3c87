import type { KeyRing } from './key-ring.js'
import { type BoxPurpose, openBox, sealBox } from './sealed-box.js'

/** More than a browser keeps of one cookie (RFC 6265bis §5.6), so nothing that we wrote is longer. */
const maxValueLength = 4096

/** Seals data into the value of the cookie of that name, with the server's key alone. */
export function sealForCookie(ring: KeyRing, name: string, data: string): string {
  return sealBox(ring, purposeOf(name), Buffer.from(data)).toString('base64url')
}

/** Opens the value of the cookie of that name; `undefined` unless it was sealed for it. Never throws. */
export function openFromCookie(ring: KeyRing, name: string, value: string): string | undefined {
  if (value.length > maxValueLength || !/^[A-Za-z0-9_-]+$/.test(value)) return undefined
  return openBox(ring, purposeOf(name), Buffer.from(value, 'base64url'))?.toString()
}

function purposeOf(name: string): BoxPurpose {
  return {
    dataKey: (key) => key.derive('cookie v1'),
    context: `cookie ${name}`,
  }
}

import { deriveKey, type KeyRing } from './key-ring.js'
import { type BoxPurpose, openBox, sealBox } from './sealed-box.js'
import type { Ticket } from './ticket.js'

/**
 * Seals a form that waits for a login. As with sessions, opening it takes the server's key and a secret
 * that only the browser's cookie holds.
 */
export function sealForm(ring: KeyRing, ticket: Ticket, form: string): Buffer {
  return sealBox(ring, purposeOf(ticket), Buffer.from(form))
}

/** Opens what `sealForm` made for the same ticket; `undefined` for everything else. Never throws. */
export function openForm(ring: KeyRing, ticket: Ticket, sealed: Buffer): string | undefined {
  return openBox(ring, purposeOf(ticket), sealed)?.toString()
}

function purposeOf(ticket: Ticket): BoxPurpose {
  const salt = Buffer.from(ticket.secret, 'base64url')
  return {
    dataKey: (key) => deriveKey(key.secret, salt, 'valetkey form v1'),
    context: `form ${ticket.key}`,
  }
}

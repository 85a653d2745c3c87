import { deriveKey, type KeyRing, type RingKey } from './key-ring.js'
import { type BoxPurpose, openBox, sealBox } from './sealed-box.js'
import type { SessionRecord } from './session.js'
import { parseRecord } from './session-record.js'
import type { Ticket } from './ticket.js'

/**
 * Seals the record of a session for the store. Opening it takes the server's key and the secret of the ticket, so
 * that neither the store nor the configuration alone reveals anything.
 */
export function sealSession(ring: KeyRing, ticket: Ticket, record: SessionRecord): Buffer {
  return sealBox(ring, purposeOf(ticket), Buffer.from(JSON.stringify(record)))
}

/** Opens what `sealSession` made for the same ticket; `undefined` for everything else. Never throws. */
export function openSession(
  ring: KeyRing,
  ticket: Ticket,
  sealed: Buffer,
): SessionRecord | undefined {
  const plaintext = openBox(ring, purposeOf(ticket), sealed)
  return plaintext && parseRecord(plaintext.toString())
}

function purposeOf(ticket: Ticket): BoxPurpose {
  const salt = Buffer.from(ticket.secret, 'base64url')
  return {
    dataKey: (key: RingKey) => deriveKey(key.secret, salt, 'valetkey session v1'),
    context: ticket.key,
  }
}

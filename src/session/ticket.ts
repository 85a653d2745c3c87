import { hash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { SessionKey } from './session-store.js'

/** What the session cookie holds: which session, and the half of the key that opens it. */
export interface Ticket {
  /** 128 random bits, base64url. */
  readonly id: string
  /** 256 random bits, base64url. Kept nowhere but in the cookie and in the memory of a process that saw it. */
  readonly secret: string
  /** Names the session outside the ticket. */
  readonly key: SessionKey
}

/** A ticket as its cookie tells it. The key takes a hash, which a session that is at hand does not need. */
export type PresentedTicket = Pick<Ticket, 'id' | 'secret'>

const idStart = '1.'.length
const idEnd = idStart + 22
const secretStart = idEnd + 1
const secretLength = 43
const ticketLength = secretStart + secretLength

// The last letter of each part carries 2 and 4 bits only; the other spellings of the same bytes are out.
const shape = /^1\.[A-Za-z0-9_-]{21}[AQgw]\.[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/

/** Makes the ticket of a new session. No two sign-ins ever share one, which is what stops session fixation. */
export function createTicket(): Ticket {
  const id = randomBytes(16).toString('base64url')
  return nameTicket({ id, secret: randomBytes(32).toString('base64url') })
}

/** Writes a ticket as the cookie value `1.<id>.<secret>`, 68 characters long. */
export function formatTicket(ticket: Ticket): string {
  return `1.${ticket.id}.${ticket.secret}`
}

/** Whether a cookie value has the form of a ticket, which says nothing about a session. */
export const isTicket = (cookieValue: string): boolean =>
  cookieValue.length === ticketLength && shape.test(cookieValue)

/**
 * Reads a cookie value. Everything but the one spelling that `formatTicket` writes is `undefined`, and
 * costs no more than a look at its length and characters.
 */
export function readTicket(cookieValue: string): PresentedTicket | undefined {
  if (!isTicket(cookieValue)) return undefined
  return { id: cookieValue.slice(idStart, idEnd), secret: cookieValue.slice(secretStart) }
}

/** Adds the key, which names the session. */
export function nameTicket({ id, secret }: PresentedTicket): Ticket {
  return { id, secret, key: hash('sha256', id, 'base64url') }
}

/** `readTicket` and `nameTicket` in one. */
export function parseTicket(cookieValue: string): Ticket | undefined {
  const presented = readTicket(cookieValue)
  return presented && nameTicket(presented)
}

/** A copy to keep: parts of a string hold all of it in memory, here a whole Cookie header. */
export function copyTicket({ id, secret, key }: Ticket): Ticket {
  return { id: copyText(id), secret: copyText(secret), key }
}

const oneSecret = Buffer.alloc(secretLength)
const otherSecret = Buffer.alloc(secretLength)

/** Compares two ticket secrets in constant time. */
export function isSameSecret(one: PresentedTicket, other: PresentedTicket): boolean {
  oneSecret.write(one.secret, 'latin1')
  otherSecret.write(other.secret, 'latin1')
  return timingSafeEqual(oneSecret, otherSecret)
}

function copyText(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1')
}

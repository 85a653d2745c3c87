import { readText } from '../identity/claims.js'
import type { Identity } from '../session/session.js'

/** What people recognise as theirs: their address, else their user name, else the subject. */
export function personOf({ claims, sub }: Identity): string {
  return readText(claims, 'email') ?? readText(claims, 'preferred_username') ?? sub
}

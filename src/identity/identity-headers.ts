import type { Identity } from '../session/session.js'
import { type ClaimPath, emailOf, groupsOf, readText } from './claims.js'
import { encodeList, encodeText, fits, type Header } from './header-value.js'

export interface IdentityHeaderOptions {
  /** Where the provider of the identity puts the groups. */
  readonly groupsClaim: ClaimPath
}

export const identityHeaderNames = {
  user: 'X-Forwarded-User',
  email: 'X-Forwarded-Email',
  preferredUsername: 'X-Forwarded-Preferred-Username',
  groups: 'X-Forwarded-Groups',
} as const

/**
 * The identity headers of a person, encoded as `header-value.ts` says. A claim that is absent gives no header.
 *
 * A value of more than 8 KB is left out as a whole, never cut: part of a list of groups means something else.
 * `oversizedIdentityHeaders` tells which, for the log.
 */
export function identityHeaders(
  identity: Identity,
  options: IdentityHeaderOptions,
): readonly Header[] {
  return buildHeaders(identity, options).filter(fits)
}

/** The names of the headers that `identityHeaders` leaves out for their size. */
export const oversizedIdentityHeaders = (
  identity: Identity,
  options: IdentityHeaderOptions,
): readonly string[] =>
  buildHeaders(identity, options)
    .filter((header) => !fits(header))
    .map(([name]) => name)

function buildHeaders(identity: Identity, { groupsClaim }: IdentityHeaderOptions): Header[] {
  const email = emailOf(identity)
  const preferredUsername = readText(identity.claims, 'preferred_username')
  const values: (readonly [string, string | undefined])[] = [
    [identityHeaderNames.user, encodeText(identity.sub)],
    [identityHeaderNames.email, email && encodeText(email)],
    [identityHeaderNames.preferredUsername, preferredUsername && encodeText(preferredUsername)],
    [identityHeaderNames.groups, encodeList(groupsOf(identity, groupsClaim))],
  ]
  return values.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]))
}

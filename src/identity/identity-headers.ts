import { Buffer } from 'node:buffer'
import type { Identity } from '../session/session.js'
import { type ClaimPath, emailOf, groupsOf, readText } from './claims.js'

export interface IdentityHeaderOptions {
  /** Where the provider of the identity puts the groups. */
  readonly groupsClaim: ClaimPath
}

export type Header = readonly [name: string, value: string]

export const identityHeaderNames = {
  user: 'X-Forwarded-User',
  email: 'X-Forwarded-Email',
  preferredUsername: 'X-Forwarded-Preferred-Username',
  groups: 'X-Forwarded-Groups',
} as const

/** A value of more bytes gets no header, because servers limit the size of all headers together. */
export const maxIdentityHeaderBytes = 8 * 1024

/**
 * The identity headers of a person. A claim that is absent gives no header.
 *
 * Values go as UTF-8. What a header cannot hold unharmed is percent-encoded: control characters, white space
 * at either end, a comma within a group, and a percent sign before two hexadecimal digits; nothing else is, so
 * that percent-decoding gives back exactly the claim. The strings are the Latin-1 view of the bytes, as
 * node:http and undici write them. A lone surrogate is sent as U+FFFD.
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

const fits = ([, value]: Header) => value.length <= maxIdentityHeaderBytes

function buildHeaders(identity: Identity, { groupsClaim }: IdentityHeaderOptions): Header[] {
  const groups = groupsOf(identity, groupsClaim)
  const values: (readonly [string, string | undefined])[] = [
    [identityHeaderNames.user, encode(identity.sub)],
    [identityHeaderNames.email, encode(emailOf(identity))],
    [
      identityHeaderNames.preferredUsername,
      encode(readText(identity.claims, 'preferred_username')),
    ],
    [identityHeaderNames.groups, groups.length === 0 ? undefined : groups.map(encodeGroup).join()],
  ]
  return values.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]))
}

const percentEncode = (text: string) =>
  Buffer.from(text, 'utf8').reduce(
    (encoded, byte) => `${encoded}%${byte.toString(16).toUpperCase().padStart(2, '0')}`,
    '',
  )

/** Encodes a value for a header as `identityHeaders` says. */
function encode<Value extends string | undefined>(value: Value): Value
function encode(value: string | undefined): string | undefined {
  if (value === undefined || /^[!-$&-~]+$/.test(value)) return value
  const encoded = value.replaceAll(/%(?=[0-9a-f]{2})|\p{Cc}|^\s+|\s+$/giu, percentEncode)
  return Buffer.from(encoded, 'utf8').toString('latin1')
}

const encodeGroup = (group: string) => encode(group).replaceAll(',', '%2C')

import type { Identity } from '../session/session.js'
import { type ClaimPath, claimValues, emailOf, groupsOf, readClaim, readText } from './claims.js'
import { encodeList, encodeText, type Header } from './header-value.js'

export interface ClaimHeaderOptions {
  /** Where the provider of the identity puts the groups. */
  readonly groupsClaim: ClaimPath
}

/** A claim that must be one text; an address that is known to be unverified is none. */
export function claimText(identity: Identity, claim: string): string | undefined {
  if (claim === 'sub') return identity.sub
  return claim === 'email' ? emailOf(identity) : readText(identity.claims, claim)
}

/** The headers that a route has for single claims. A claim that is absent or empty gives none. */
export function claimHeaders(
  claimsByHeader: Readonly<Record<string, string>>,
  identity: Identity,
  { groupsClaim }: ClaimHeaderOptions,
): readonly Header[] {
  return Object.entries(claimsByHeader).flatMap(([name, claim]): Header[] => {
    const text = claimText(identity, claim)
    if (text !== undefined) return [[name, encodeText(text)]]
    if (claim === 'email') return []
    const values =
      claim === 'groups'
        ? groupsOf(identity, groupsClaim)
        : claimValues(readClaim(identity.claims, claim))
    const list = encodeList(values)
    return list === undefined ? [] : [[name, list]]
  })
}

import { Buffer } from 'node:buffer'
import type { Identity } from '../session/session.js'
import { claimText } from './claim-headers.js'
import type { Header } from './header-value.js'

/**
 * Basic credentials (RFC 7617) for an application that knows nothing else, with a user and a password in UTF-8. None for
 * who lacks the claim, and for a name that would be taken for another: with a colon or a control character in it.
 */
export function basicAuthorization(
  identity: Identity,
  { userClaim, password = '' }: { readonly userClaim: string; readonly password?: string },
): readonly Header[] {
  const user = claimText(identity, userClaim)
  if (user === undefined || /[:\p{Cc}]/u.test(user)) return []
  const credentials = Buffer.from(`${user}:${password}`).toString('base64')
  return [['Authorization', `Basic ${credentials}`]]
}

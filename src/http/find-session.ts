import type { LiveSession, Sessions } from '../session/sessions.js'
import type { CookieNames } from './cookies.js'

/**
 * The session of the first ticket in a Cookie header that has one: a sibling host can plant tickets of no session, which
 * browsers may send before the good one. Which session it is depends on their order alone, never on what is cached or
 * on what can be reached: the next ticket is looked at only once the store has said that there is no session of the one
 * before. Throws StoreUnavailableError, which says nothing about any session.
 */
export async function findSession(
  { cookieNames, sessions }: { cookieNames: CookieNames; sessions: Pick<Sessions, 'load'> },
  cookieHeader: string | undefined,
  now: number,
  options: { readonly extend: boolean },
): Promise<LiveSession | undefined> {
  for (const ticket of cookieNames.listTickets(cookieHeader)) {
    const live = await sessions.load(ticket, now, options)
    if (live !== undefined) return live
  }
  return undefined
}

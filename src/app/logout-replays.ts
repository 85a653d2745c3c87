import type { EndpointContext } from '../http/endpoint-context.js'
import type { LogoutNotice } from '../session/logout-notice.js'
import type { SessionStore } from '../session/session-store.js'

/**
 * Remembers which logout tokens were obeyed. The note is made after the sessions have ended: one made
 * before would turn the provider's second try away when the first got stuck halfway.
 */
export function createLogoutReplays(
  store: Pick<SessionStore, 'consumeOnce' | 'wasConsumed'>,
): EndpointContext['logoutReplays'] {
  return {
    isKnown: (notice) => store.wasConsumed(markOf(notice)),
    note: (notice) => store.consumeOnce(markOf(notice), notice.acceptableUntil),
  }
}

function markOf({ issuer, jti }: LogoutNotice): string {
  return `logout token ${JSON.stringify([issuer, jti])}`
}

import type { RouteConfig } from '../config/schema.js'
import { type RawHeaders, rawHeaders } from '../raw-headers.js'
import type { Identity, SentToken } from '../session/session.js'
import type { AssertionCache } from './assertion-cache.js'
import type { ClaimPath } from './claims.js'
import { assertionNameFor } from './header-profiles.js'
import type { Header } from './header-value.js'
import { accessTokenHeaderName } from './reserved-headers.js'
import { routeIdentityHeaders } from './route-identity-headers.js'

export interface SessionHeadersOptions {
  readonly groupsClaimOf: (identity: Identity) => ClaimPath
  readonly assertions: AssertionCache
}

/** What headers tell of: a session, or an access token that a client presents. */
export interface Presented {
  readonly identity: Identity
  readonly tokens: SentToken
  /** Epoch milliseconds. */
  readonly endsAt: number
}

/** What a route's upstream is told about who makes a request, as headers. `sessionKey` names the session, or the token. */
export type SessionHeaders = (
  session: Presented,
  sessionKey: string,
  request: {
    readonly forward: RouteConfig['forward']
    /** What the upstream gets in the place of the session's own, where that is exchanged. */
    readonly upstreamToken: SentToken | undefined
    readonly now: number
  },
) => RawHeaders

interface LastingHeaders {
  readonly forward: RouteConfig['forward']
  readonly upstreamToken: SentToken | undefined
  readonly headers: RawHeaders
}

const lastingOf = Symbol('lasting headers')

/** What was made of a session is kept on it and goes with it, as a list: one person uses few routes. */
type Remembering = Presented & { [lastingOf]?: readonly LastingHeaders[] }

/**
 * Creates the headers of a session for each route. They are made once for a session record, which a
 * refresh replaces, so that a warm request makes none; the assertion and an exchanged token alone run out sooner.
 */
export function createSessionHeaders({
  groupsClaimOf,
  assertions,
}: SessionHeadersOptions): SessionHeaders {
  function lastingHeaders(
    session: Remembering,
    forward: RouteConfig['forward'],
    upstreamToken: SentToken | undefined,
  ): RawHeaders {
    const all = session[lastingOf] ?? []
    const known = all.find((each) => each.forward === forward)
    if (known !== undefined && known.upstreamToken === upstreamToken) return known.headers
    const headers = rawHeaders([
      ...routeIdentityHeaders(session.identity, forward, groupsClaimOf(session.identity)),
      ...tokenHeaders(session, forward, upstreamToken),
    ])
    const others = all.filter((each) => each !== known)
    // Joined, not pushed: an array that grows takes room for more, for as long as the session is kept.
    session[lastingOf] = others.concat({ forward, upstreamToken, headers })
    return headers
  }

  return function sessionHeaders(session, sessionKey, { forward, upstreamToken, now }) {
    const headers = lastingHeaders(session, forward, upstreamToken)
    const { assertion } = forward
    if (assertion === undefined) return headers
    const groupsClaim = groupsClaimOf(session.identity)
    const input = { groupsClaim, sessionKeyHash: sessionKey, now }
    const name = assertionNameFor(forward.identityHeaders)
    return [...headers, name, assertions.assertionFor(session, assertion, input)]
  }
}

function tokenHeaders(
  { tokens }: Presented,
  { accessToken: form, tokenExchange }: RouteConfig['forward'],
  upstreamToken: SentToken | undefined,
): Header[] {
  // Where it is exchanged, the session's own is never sent.
  const sent = tokenExchange === undefined ? tokens : upstreamToken
  if (sent === undefined) return []
  switch (form) {
    case 'bearer':
      // One that is bound to a key goes with a proof for the very request, or not at all.
      if (sent.dpopKey !== undefined) return []
      return [['Authorization', sent.bearer ?? `Bearer ${sent.accessToken}`]]
    case 'header':
      return [[accessTokenHeaderName, sent.accessToken]]
    case 'none':
      return []
  }
}

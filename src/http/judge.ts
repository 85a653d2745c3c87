import type { IncomingHttpHeaders } from 'node:http'
import type { Decision } from '../access/decide.js'
import type { RefusedTarget } from '../access/request-target.js'
import type { CompiledRoute } from '../access/route-table.js'
import type { Missing } from '../access/rules.js'
import type { Identity } from '../session/session.js'
import type { LiveSession, Sessions } from '../session/sessions.js'
import type { Arrival } from './arrival.js'
import type { CookieNames } from './cookies.js'
import { findForeignInitiator, isPreflightForUpstream } from './cross-origin.js'
import type { Initiator } from './navigation.js'

/** A request that may go to its upstream, with everything that was learned about it. */
export interface Admission {
  readonly arrival: Arrival
  readonly route: CompiledRoute
  /** Whose request it is; undefined on public routes and for strangers on optional ones. */
  readonly live: LiveSession | undefined
  readonly now: number
}

/** What becomes of a request; how that is said depends on the way in. */
export type Verdict =
  | { readonly kind: 'admitted'; readonly admission: Admission }
  /** The target means several things, or none. */
  | { readonly kind: 'refused'; readonly target: RefusedTarget }
  | { readonly kind: 'not-found' }
  | {
      readonly kind: 'login-required'
      readonly route: CompiledRoute
      /** Whose session has just ended, if that is known. */
      readonly former: Identity | undefined
    }
  /** Another origin made a browser send this with the session. */
  | { readonly kind: 'foreign'; readonly route: CompiledRoute; readonly initiator: Initiator }
  | {
      readonly kind: 'forbidden'
      readonly admission: Admission
      readonly missing: readonly Missing[]
    }
  /** The access token has expired and cannot be renewed right now. */
  | { readonly kind: 'refresh-unavailable'; readonly retryAfterMs: number }

export interface JudgeOptions {
  readonly publicUrl: URL
  readonly sessions: Sessions
  readonly cookieNames: CookieNames
  /** The access decision; see `access/decide`. */
  readonly decide: (route: CompiledRoute, identity: Identity | undefined, now: number) => Decision
  readonly clock: () => number
}

/** What of a request says whose it is. */
export interface Credentials {
  /** The value of the Cookie header. */
  readonly cookie: string | undefined
  /** The headers that the browser sent, which tell whose page had it send them. */
  readonly headers: IncomingHttpHeaders
}

export type Judge = (arrival: Arrival, credentials: Credentials) => Promise<Verdict>

/**
 * Makes the one access decision for a request, whatever the way in: find the route, load the session, make
 * sure that its access token is usable, and decide by the claims that a refresh may have brought.
 *
 * A session store that cannot be reached throws StoreUnavailableError, which says nothing about the session.
 */
export function createJudge(options: JudgeOptions): Judge {
  const { publicUrl, sessions, cookieNames, decide, clock } = options

  async function loadSession(
    ticket: string | undefined,
    now: number,
  ): Promise<LiveSession | undefined> {
    if (ticket === undefined) return undefined
    return sessions.loadCached(ticket, now) ?? sessions.load(ticket, now, { extend: true })
  }

  return async function judge(arrival, credentials) {
    const { location } = arrival
    if (location.kind === 'refused') return { kind: 'refused', target: location }
    if (location.kind !== 'route') return { kind: 'not-found' }
    const { route } = location
    const now = clock()
    const { auth, crossOrigin } = route.config
    const { cookie, headers } = credentials
    if (auth === 'public' || isPreflightForUpstream(arrival.facts.method, headers, crossOrigin)) {
      return { kind: 'admitted', admission: { arrival, route, live: undefined, now } }
    }

    const ticket = cookieNames.readTicketCookie(cookie)
    const initiator = ticket && findForeignInitiator(arrival, headers, publicUrl, crossOrigin)
    if (initiator) return { kind: 'foreign', route, initiator }
    const loaded = await loadSession(ticket, now)
    const freshened = loaded && (await sessions.freshen(loaded, now))
    if (freshened?.kind === 'unavailable') {
      return { kind: 'refresh-unavailable', retryAfterMs: freshened.retryAfterMs }
    }
    const live = freshened?.kind === 'live' ? freshened.live : undefined
    const admission = { arrival, route, live, now }
    const decision = decide(route, live?.session.identity, now)
    switch (decision.kind) {
      case 'forward':
        return { kind: 'admitted', admission }
      case 'authenticate':
        return { kind: 'login-required', route, former: loaded?.session.identity }
      case 'forbidden':
        return { kind: 'forbidden', admission, missing: decision.missing }
    }
  }
}

import type { Decision } from '../access/decide.js'
import type { RequestFacts } from '../access/request-facts.js'
import type { RefusedTarget } from '../access/request-target.js'
import type { CompiledRoute } from '../access/route-table.js'
import type { Missing } from '../access/rules.js'
import { countAttempt, type StepUp } from '../access/step-up.js'
import type { Identity } from '../session/session.js'
import type { LiveSession, Sessions } from '../session/sessions.js'
import type { Arrival } from './arrival.js'
import type { CookieNames } from './cookies.js'

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
  | { readonly kind: 'login-required'; readonly route: CompiledRoute }
  | {
      readonly kind: 'forbidden'
      readonly admission: Admission
      readonly missing: readonly Missing[]
    }
  /** Authenticating again, and better, would be enough. */
  | {
      readonly kind: 'step-up-required'
      readonly admission: Admission
      readonly missing: readonly Missing[]
      readonly stepUp: StepUp
      /** For how many times in a row. */
      readonly attempt: number
    }
  /** That was just tried, and did not bring what is missing. */
  | {
      readonly kind: 'step-up-failed'
      readonly admission: Admission
      readonly missing: readonly Missing[]
      readonly stepUp: StepUp
    }
  /** The access token has expired and cannot be renewed right now. */
  | { readonly kind: 'refresh-unavailable'; readonly retryAfterMs: number }

export interface JudgeOptions {
  readonly sessions: Sessions
  readonly cookieNames: CookieNames
  /** The access decision; see `access/decide`. */
  readonly decide: (
    route: CompiledRoute,
    identity: Identity | undefined,
    facts: RequestFacts,
    now: number,
  ) => Decision
  readonly clock: () => number
}

/** What of a request says whose it is. */
export interface Credentials {
  /** The value of the Cookie header. */
  readonly cookie: string | undefined
}

export type Judge = (arrival: Arrival, credentials: Credentials) => Promise<Verdict>

/**
 * Makes the one access decision for a request, whatever the way in: find the route, load the session, make
 * sure that its access token is usable, and decide by the claims that a refresh may have brought.
 *
 * A session store that cannot be reached throws StoreUnavailableError, which says nothing about the session.
 */
export function createJudge({ sessions, cookieNames, decide, clock }: JudgeOptions): Judge {
  async function loadSession(
    { cookie }: Credentials,
    now: number,
  ): Promise<LiveSession | undefined> {
    const ticket = cookieNames.readTicketCookie(cookie)
    if (ticket === undefined) return undefined
    return sessions.loadCached(ticket, now) ?? sessions.load(ticket, now, { extend: true })
  }

  return async function judge(arrival, credentials) {
    const { location } = arrival
    if (location.kind === 'refused') return { kind: 'refused', target: location }
    if (location.kind !== 'route') return { kind: 'not-found' }
    const { route } = location
    const now = clock()
    if (route.config.auth === 'public') {
      return { kind: 'admitted', admission: { arrival, route, live: undefined, now } }
    }

    const loaded = await loadSession(credentials, now)
    const freshened = loaded && (await sessions.freshen(loaded, now))
    if (freshened?.kind === 'unavailable') {
      return { kind: 'refresh-unavailable', retryAfterMs: freshened.retryAfterMs }
    }
    const live = freshened?.kind === 'live' ? freshened.live : undefined
    const admission = { arrival, route, live, now }
    const decision = decide(route, live?.session.identity, arrival.facts, now)
    switch (decision.kind) {
      case 'forward':
        return { kind: 'admitted', admission }
      case 'authenticate':
        return { kind: 'login-required', route }
      case 'forbidden':
        return { kind: 'forbidden', admission, missing: decision.missing }
      case 'step-up': {
        const { stepUp, missing } = decision
        const attempt = live === undefined ? 1 : countAttempt(live.session, stepUp, now)
        return attempt === undefined
          ? { kind: 'step-up-failed', admission, missing, stepUp }
          : { kind: 'step-up-required', admission, missing, stepUp, attempt }
      }
    }
  }
}

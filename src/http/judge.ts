import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import type { Decision } from '../access/decide.js'
import type { RequestFacts } from '../access/request-facts.js'
import type { RefusedTarget } from '../access/request-target.js'
import type { CompiledRoute } from '../access/route-table.js'
import type { Missing } from '../access/rules.js'
import { countAttempt, type StepUp } from '../access/step-up.js'
import type { Identity } from '../session/session.js'
import type { LiveSession, Sessions } from '../session/sessions.js'
import type { Arrival } from './arrival.js'
import {
  authorizationsOf,
  type BearerCaller,
  type BearerRefusal,
  type BearerTokens,
  checkBearer,
  isRefusal,
  refusalToStepUp,
} from './bearer.js'
import type { CookieNames } from './cookies.js'
import { findForeignInitiator, isPreflightForUpstream } from './cross-origin.js'
import type { Initiator } from './navigation.js'

/** A request that may go to its upstream, with everything that was learned about it. */
export interface Admission {
  readonly arrival: Arrival
  readonly route: CompiledRoute
  /**
   * Whose request it is: somebody's with a session, or a client's with an access token, never both; neither
   * on public routes and for strangers on optional ones.
   */
  readonly live: LiveSession | undefined
  readonly bearer: BearerCaller | undefined
  readonly now: number
}

/** Who makes an admitted request; undefined for strangers. */
export const identityOf = ({ live, bearer }: Admission): Identity | undefined =>
  live?.session.identity ?? bearer?.identity

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
  /** An access token was presented that does not let the client in. */
  | { readonly kind: 'bearer-refused'; readonly refusal: BearerRefusal }
  /** The access token of the session has expired and cannot be renewed right now. */
  | { readonly kind: 'refresh-unavailable'; readonly retryAfterMs: number }

export interface JudgeOptions {
  readonly publicUrl: URL
  readonly sessions: Sessions
  readonly cookieNames: CookieNames
  readonly bearerTokens: BearerTokens
  /** Is told what became of an access token that was presented: `accepted`, or the code of the refusal. */
  readonly onBearer: (result: string) => void
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
  /** The values of all Authorization headers. */
  readonly authorizations: readonly string[]
  /** The headers that the browser sent, which tell whose page had it send them. */
  readonly headers: IncomingHttpHeaders
}

/** The headers of a request as they were sent, by whatever protocol. */
export type SentHeaders = Pick<IncomingMessage, 'headers' | 'rawHeaders'>

/** Reads the credentials of a request. */
export const credentialsOf = (request: SentHeaders): Credentials => ({
  cookie: request.headers.cookie,
  authorizations: authorizationsOf(request),
  headers: request.headers,
})

export type Judge = (arrival: Arrival, credentials: Credentials) => Promise<Verdict>

/**
 * Makes the one access decision for a request, whatever the way in: find the route, load the session, make
 * sure that its access token is usable, and decide by the claims that a refresh may have brought. Where the
 * route takes access tokens of clients and one is presented, that one decides and no session is loaded.
 *
 * A session store that cannot be reached throws StoreUnavailableError, which says nothing about the session.
 */
export function createJudge(options: JudgeOptions): Judge {
  const { publicUrl, sessions, cookieNames, bearerTokens, onBearer, decide, clock } = options

  async function loadSession(
    ticket: string | undefined,
    now: number,
  ): Promise<LiveSession | undefined> {
    if (ticket === undefined) return undefined
    return sessions.loadCached(ticket, now) ?? sessions.load(ticket, now, { extend: true })
  }

  async function judgeSession(admission: Admission, credentials: Credentials): Promise<Verdict> {
    const { arrival, route, now } = admission
    const { cookie, headers } = credentials
    const ticket = cookieNames.readTicketCookie(cookie)
    const { crossOrigin } = route.config
    const initiator = ticket && findForeignInitiator(arrival, headers, publicUrl, crossOrigin)
    if (initiator) return { kind: 'foreign', route, initiator }
    const loaded = await loadSession(ticket, now)
    const freshened = loaded && (await sessions.freshen(loaded, now))
    if (freshened?.kind === 'unavailable') {
      return { kind: 'refresh-unavailable', retryAfterMs: freshened.retryAfterMs }
    }
    const live = freshened?.kind === 'live' ? freshened.live : undefined
    return judgeCaller({ ...admission, live }, loaded?.session.identity)
  }

  function judgeBearer(admission: Admission, presented: BearerCaller | BearerRefusal): Verdict {
    const verdict: Verdict = isRefusal(presented)
      ? { kind: 'bearer-refused', refusal: presented }
      : judgeCaller({ ...admission, bearer: presented })
    if (verdict.kind === 'bearer-refused') onBearer(verdict.refusal.code)
    else onBearer(verdict.kind === 'admitted' ? 'accepted' : 'ERR_ACCESS_DENIED')
    return verdict
  }

  function judgeCaller(admission: Admission, former?: Identity): Verdict {
    const { arrival, route, live, bearer, now } = admission
    const decision = decide(route, identityOf(admission), arrival.facts, now)
    switch (decision.kind) {
      case 'forward':
        return { kind: 'admitted', admission }
      case 'authenticate':
        return { kind: 'login-required', route, former }
      case 'forbidden':
        return { kind: 'forbidden', admission, missing: decision.missing }
      case 'step-up': {
        const { stepUp, missing } = decision
        if (bearer !== undefined)
          return { kind: 'bearer-refused', refusal: refusalToStepUp(stepUp) }
        const attempt = live === undefined ? 1 : countAttempt(live.session, stepUp, now)
        return attempt === undefined
          ? { kind: 'step-up-failed', admission, missing, stepUp }
          : { kind: 'step-up-required', admission, missing, stepUp, attempt }
      }
    }
  }

  return async function judge(arrival, credentials) {
    const { location } = arrival
    if (location.kind === 'refused') return { kind: 'refused', target: location }
    if (location.kind !== 'route') return { kind: 'not-found' }
    const { route } = location
    const now = clock()
    const admission = { arrival, route, live: undefined, bearer: undefined, now }
    const { auth, crossOrigin, bearer } = route.config
    const { method } = arrival.facts
    if (auth === 'public' || isPreflightForUpstream(method, credentials.headers, crossOrigin)) {
      return { kind: 'admitted', admission }
    }
    const presented =
      bearer && (await checkBearer(bearerTokens, credentials.authorizations, bearer, now))
    if (presented !== undefined) return judgeBearer(admission, presented)
    return judgeSession(admission, credentials)
  }
}

import type { IncomingHttpHeaders } from 'node:http'
import type { Decision } from '../access/decide.js'
import type { RequestFacts } from '../access/request-facts.js'
import type { CompiledRoute } from '../access/route-table.js'
import { countAttempt } from '../access/step-up.js'
import type { Identity, SentToken } from '../session/session.js'
import type { Sessions } from '../session/sessions.js'
import { formatTicket } from '../session/ticket.js'
import type { UpstreamTokens } from '../session/upstream-tokens.js'
import type { Arrival, SentHeaders } from './arrival.js'
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
import { findSession } from './find-session.js'
import { findForeignInitiator, isPreflightForUpstream } from './cross-origin.js'
import { tokenHolderOf } from './upstream-token.js'
import { type Admission, identityOf, type Verdict } from './verdict.js'

export interface JudgeOptions {
  readonly publicUrl: URL
  readonly sessions: Sessions
  readonly cookieNames: CookieNames
  readonly bearerTokens: BearerTokens
  readonly upstreamTokens: UpstreamTokens
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

export type Judge = (arrival: Arrival, sent: SentHeaders) => Promise<Verdict>

/**
 * Makes the one access decision for a request, whatever the way in: find the route, load the session, make
 * sure that its access token is usable, and decide by the claims that a refresh may have brought. Where the
 * route takes access tokens of clients and one is presented, that one decides and no session is loaded. Where
 * the upstream gets a token of its own, that is had before anybody is admitted.
 *
 * A session store that cannot be reached throws StoreUnavailableError, which says nothing about the session.
 */
export function createJudge(options: JudgeOptions): Judge {
  const { publicUrl, sessions, cookieNames, bearerTokens, onBearer, decide, clock } = options
  const { upstreamTokens } = options

  async function judgeSession(
    admission: Admission,
    headers: IncomingHttpHeaders,
  ): Promise<Verdict> {
    const { arrival, route, now } = admission
    const { cookie } = headers
    const ticket = cookieNames.readTicketCookie(cookie)
    const { crossOrigin } = route.config
    const initiator = ticket && findForeignInitiator(arrival, headers, publicUrl, crossOrigin)
    if (initiator) return { kind: 'foreign', route, initiator }
    const loaded =
      ticket === undefined
        ? undefined
        : (sessions.loadCached(ticket, now) ??
          (await findSession(options, cookie, now, { extend: true })))
    const freshened = loaded && (await sessions.freshen(loaded, now))
    if (freshened?.kind === 'unavailable') {
      return { kind: 'refresh-unavailable', retryAfterMs: freshened.retryAfterMs }
    }
    const live = freshened?.kind === 'live' ? freshened.live : undefined
    const former = loaded?.session.identity
    return supplyToken(judgeCaller({ ...admission, live }, former), async () => {
      // The session that was judged: another ticket beside its own may have another one.
      const found = loaded && formatTicket(loaded.ticket)
      const stillThere = found && (await sessions.load(found, clock(), { extend: false }))
      return stillThere ? undefined : judgeCaller(admission, former)
    })
  }

  function judgeBearer(
    admission: Admission,
    presented: BearerCaller | BearerRefusal,
  ): Verdict | Promise<Verdict> {
    const verdict: Verdict = isRefusal(presented)
      ? { kind: 'bearer-refused', refusal: presented }
      : judgeCaller({ ...admission, bearer: presented })
    if (verdict.kind === 'bearer-refused') onBearer(verdict.refusal.code)
    else onBearer(verdict.kind === 'admitted' ? 'accepted' : 'ERR_ACCESS_DENIED')
    return supplyToken(verdict)
  }

  /**
   * Gives whoever is admitted the token of the route's upstream. Getting one takes a while, in which the session
   * may have ended: `judgeAfterCall` tells what becomes of the request then.
   */
  function supplyToken(
    verdict: Verdict,
    judgeAfterCall: () => Promise<Verdict | undefined> = async () => undefined,
  ): Verdict | Promise<Verdict> {
    if (verdict.kind !== 'admitted') return verdict
    const { admission } = verdict
    const target = admission.route.config.forward.tokenExchange
    const holder = tokenHolderOf(admission)
    if (target === undefined || holder === undefined) return verdict
    const admitWith = (upstreamToken: SentToken): Verdict => ({
      kind: 'admitted',
      admission: { ...admission, upstreamToken },
    })
    const known = upstreamTokens.known(holder, target, admission.now)
    if (known !== undefined) return admitWith(known)
    return upstreamTokens.obtain(holder, target, admission.now).then(async (obtained) => {
      const changed = await judgeAfterCall()
      if (changed !== undefined) {
        upstreamTokens.forget(holder.key)
        return changed
      }
      if (obtained.kind === 'token') return admitWith(obtained.token)
      return { kind: 'upstream-token-refused', admission, refusal: obtained }
    })
  }

  function judgeCaller(admission: Admission, former?: Identity): Verdict {
    const { arrival, route, live, bearer, now } = admission
    const decision = decide(route, identityOf(admission), arrival.facts, now)
    switch (decision.kind) {
      case 'forward':
        return { kind: 'admitted', admission }
      case 'authenticate':
        return { kind: 'login-required', route, former, stepUp: decision.stepUp }
      case 'other-provider': {
        const { allowed } = decision
        // A client cannot sign in elsewhere, as people can.
        return bearer === undefined
          ? { kind: 'other-provider', admission, allowed }
          : { kind: 'forbidden', admission, missing: [{ kind: 'provider', anyOf: allowed }] }
      }
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

  return async function judge(arrival, sent) {
    const { location } = arrival
    if (location.kind === 'refused') return { kind: 'refused', target: location }
    if (location.kind !== 'route') return { kind: 'not-found' }
    const { route } = location
    const now = clock()
    const admission = { arrival, route, live: undefined, bearer: undefined, now }
    const { auth, crossOrigin, providers } = route.config
    const bearer = route.config.bearer && withProvider(route.config.bearer, providers)
    const { method } = arrival.facts
    if (auth === 'public' || isPreflightForUpstream(method, sent.headers, crossOrigin)) {
      return { kind: 'admitted', admission }
    }
    const presented =
      bearer && (await checkBearer(bearerTokens, authorizationsOf(sent), bearer, now))
    if (presented !== undefined) return judgeBearer(admission, presented)
    return judgeSession(admission, sent.headers)
  }
}

/** Of several providers with one issuer, a token counts for the one that the route takes. */
function withProvider<Bearer extends { readonly provider?: string }>(
  bearer: Bearer,
  providers: readonly string[] | undefined,
): Bearer {
  const only = providers?.length === 1 ? providers[0] : undefined
  return only === undefined ? bearer : { ...bearer, provider: only }
}

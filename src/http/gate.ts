import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Decision } from '../access/decide.js'
import type { CompiledRoute } from '../access/route-table.js'
import type { Identity } from '../session/session.js'
import type { LiveSession, Sessions } from '../session/sessions.js'
import type { Answers } from './answers.js'
import type { Arrival } from './arrival.js'
import type { CookieNames } from './cookies.js'
import type { LoginPrompt } from './login-prompt.js'
import { isNavigation } from './navigation.js'
import { forbiddenPage } from './pages/forbidden-page.js'
import type { Paths } from './paths.js'
import { personOf } from './person.js'

/** A request that may go to its upstream, with everything the gate learned about it. */
export interface Admission {
  readonly arrival: Arrival
  readonly route: CompiledRoute
  /** Whose request it is; undefined on public routes and for strangers on optional ones. */
  readonly live: LiveSession | undefined
  readonly now: number
}

export interface GateOptions {
  readonly publicUrl: URL
  readonly paths: Paths
  readonly sessions: Sessions
  readonly cookieNames: CookieNames
  readonly answers: Answers
  readonly promptForLogin: LoginPrompt
  /** The access decision; see `access/decide`. */
  readonly decide: (route: CompiledRoute, identity: Identity | undefined, now: number) => Decision
  readonly clock: () => number
}

/** Admits a request to its upstream, or answers it and gives undefined. */
export type Gate = (
  request: FastifyRequest,
  reply: FastifyReply,
  arrival: Arrival,
) => Promise<Admission | undefined>

/**
 * Makes the one access decision for a request: find the route, load the session, make sure that its
 * access token is usable, and decide by the claims that a refresh may have brought.
 *
 * A session store that cannot be reached throws StoreUnavailableError, which is answered with 503: it
 * says nothing about the session, so nobody is sent to the provider and no cookie is touched.
 */
export function createGate(options: GateOptions): Gate {
  const { sessions, cookieNames, answers, decide, clock } = options

  async function admit(
    request: FastifyRequest,
    reply: FastifyReply,
    arrival: Arrival,
  ): Promise<Admission | undefined> {
    const { location } = arrival
    if (location.kind === 'refused') {
      request.log.info({ code: location.code, reason: location.reason }, 'request target refused')
      // What the target means is in doubt, so what follows on this connection is, too.
      reply.header('connection', 'close')
      return refuse(answers.problem(request, reply, location.code))
    }
    if (location.kind !== 'route') {
      return refuse(answers.problem(request, reply, 'ERR_ROUTE_NOT_FOUND'))
    }
    const { route } = location
    const now = clock()
    if (route.config.auth === 'public') return { arrival, route, live: undefined, now }

    const loaded = await loadSession(request, now)
    const freshened = loaded && (await sessions.freshen(loaded, now))
    if (freshened?.kind === 'unavailable') {
      const { retryAfterMs } = freshened
      return refuse(answers.problem(request, reply, 'ERR_REFRESH_UNAVAILABLE', { retryAfterMs }))
    }
    const live = freshened?.kind === 'live' ? freshened.live : undefined
    const decision = decide(route, live?.session.identity, now)
    return conclude(request, reply, { arrival, route, live, now }, decision)
  }

  async function loadSession(
    request: FastifyRequest,
    now: number,
  ): Promise<LiveSession | undefined> {
    const ticket = cookieNames.readTicketCookie(request.raw.headers.cookie)
    if (ticket === undefined) return undefined
    return sessions.loadCached(ticket, now) ?? sessions.load(ticket, now, { extend: true })
  }

  function conclude(
    request: FastifyRequest,
    reply: FastifyReply,
    admission: Admission,
    decision: Decision,
  ): Admission | undefined {
    switch (decision.kind) {
      case 'forward':
        return admission
      case 'authenticate':
        return refuse(options.promptForLogin(request, reply, admission.arrival))
      case 'forbidden':
        request.log.info(
          { code: 'ERR_ACCESS_DENIED', session: admission.live?.key, missing: decision.missing },
          'access denied',
        )
        return refuse(
          answers.problem(request, reply, 'ERR_ACCESS_DENIED', {
            page: forbiddenPage({
              host: options.publicUrl.host,
              person: admission.live && personOf(admission.live.session.identity),
              signOutPath: options.paths.signOut,
              returnTo: isNavigation(request.raw) ? admission.arrival.originForm : undefined,
              requestId: request.id,
            }),
          }),
        )
    }
  }

  return admit
}

/** Says that the request has been answered. */
function refuse(_answered: unknown): undefined {
  return undefined
}

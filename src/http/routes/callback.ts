import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { AnswerName } from '../answers.js'
import type { LiveSession } from '../../session/sessions.js'
import { type EndpointContext, formOf, peekSession, queryOf } from '../endpoint-context.js'
import type { LoginProvider } from '../login-provider.js'
import { initiatorOf } from '../navigation.js'
import { continuePage } from '../pages/continue-page.js'
import type { PendingLogin } from '../pending-logins.js'
import { problemCodeOf } from '../problem.js'

/**
 * `GET,POST /callback`: finishes a login that this browser began (RFC 6749 §4.1.2).
 *
 * An answer that nobody waits for (forged, expired, of another browser, or used before) makes no
 * request to the provider. Whoever is signed in already goes where that login was to lead.
 */
export function registerCallback(scope: FastifyInstance, context: EndpointContext): void {
  const { paths, pendingLogins, providers, clock } = context

  async function answer(
    request: FastifyRequest,
    reply: FastifyReply,
    parameters: URLSearchParams,
  ): Promise<FastifyReply> {
    const now = clock()
    const states = parameters.getAll('state')
    const state = states.length === 1 ? (states[0] ?? '') : ''
    const login = pendingLogins.find(request, state, now)
    const provider = login && providers.get(login.transaction.providerId)
    if (login === undefined || provider === undefined)
      return answerStale(request, reply, state, now)

    const first = await context.consumeState(state, now)
    pendingLogins.clear(reply, state)
    if (!first) return answerStale(request, reply, state, now)
    return finish(request, reply, { login, provider, parameters, now })
  }

  async function finish(
    request: FastifyRequest,
    reply: FastifyReply,
    { login, provider, parameters, now }: Finishing,
  ): Promise<FastifyReply> {
    const { publicUrl, sessions, cookieWriter, answers, events } = context
    try {
      const signIn = await provider.finishLogin({
        redirectUri: publicUrl.origin + paths.callback,
        parameters,
        transaction: login.transaction,
        stepUp: login.stepUp,
        now,
      })
      const previous = await findPrevious(request, login, now)
      const startedAt = login.transaction.createdAt
      const client = context.clientOf(request)
      const replaces = previous?.key
      const { stepUp } = login
      const { cookieValue, live } = await sessions.create(
        { ...signIn, startedAt, replaces, stepUp, client },
        now,
      )
      cookieWriter.setTicket(reply, cookieValue)
      if (previous !== undefined) await context.retireSession(previous, live)
      await context.limitSessions(live)
      events.onLogin(request, { providerId: provider.id, code: 'ok', live })
    } catch (error) {
      const code = problemCodeOf(error)
      events.onLogin(request, { providerId: provider.id, code })
      if (login.stepUp !== undefined && saysTooWeak(code)) {
        request.log.info({ err: error, code }, 'the provider did not step up')
        const { stepUp, returnTo } = login
        return context.stepUps.fail(request, reply, { stepUp, providerId: provider.id, returnTo })
      }
      const again = paths.startUrl({ providerId: provider.id, returnTo: login.returnTo })
      return answers.error(request, reply, error, {
        actions: [{ label: 'Start the sign-in again', href: again }],
      })
    }
    return enter(request, reply, login.returnTo)
  }

  /**
   * The session that this browser has so far: that of its ticket or, where the provider's page made a
   * request that the browser sends no ticket with, of the ticket that was there when the login began.
   */
  async function findPrevious(
    request: FastifyRequest,
    login: PendingLogin,
    now: number,
  ): Promise<LiveSession | undefined> {
    const shown = context.cookieNames.readTicketCookie(request.raw.headers.cookie)
    const ticket = shown ?? login.previousTicket
    return ticket === undefined ? undefined : context.sessions.load(ticket, now, { extend: false })
  }

  async function answerStale(
    request: FastifyRequest,
    reply: FastifyReply,
    state: string,
    now: number,
  ): Promise<FastifyReply> {
    const { answers, returnState } = context
    const returnTo = context.parseReturnTo(returnState.read(state))
    const live = await peekSession(context, request, now)
    if (live !== undefined) return enter(request, reply, returnTo ?? '/')
    if (withholdsSession(request)) {
      // Asked once more from a page of ours, the browser shows whether there is a session.
      const again = `${context.paths.callback}?${new URLSearchParams({ state }).toString()}`
      return goOn(reply, 'CONTINUE_PAGE', again)
    }
    request.log.info({ code: 'ERR_CALLBACK_STATE' }, 'nobody waits for this callback')
    return answers.problem(request, reply, 'ERR_CALLBACK_STATE', {
      actions: [{ label: 'Start the sign-in again', href: paths.startUrl({ returnTo }) }],
    })
  }

  function enter(request: FastifyRequest, reply: FastifyReply, returnTo: string): FastifyReply {
    // A strict cookie is not sent along the redirects that began at the provider, so that a redirect
    // would arrive without the session: let the browser navigate on its own.
    if (context.sameSite === 'strict') return goOn(reply, 'LOGIN_FINISHED', returnTo)
    return context.answers.redirect(request, reply, 'LOGIN_FINISHED', returnTo)
  }

  function goOn(reply: FastifyReply, name: AnswerName, to: string): FastifyReply {
    return context.answers.page(reply, name, continuePage({ host: context.publicUrl.host, to }))
  }

  /** Whether another site made this request, so that the browser may not have sent the session cookie. */
  function withholdsSession({ method, raw: { headers } }: FastifyRequest): boolean {
    if (initiatorOf(headers, context.publicUrl.origin) !== 'cross-site') return false
    return context.sameSite === 'strict' || (context.sameSite === 'lax' && method === 'POST')
  }

  scope.get(paths.callback, (request, reply) => answer(request, reply, queryOf(request)))
  scope.post(paths.callback, (request, reply) => answer(request, reply, formOf(request)))
}

/** Whether the login was fine but for what it was to bring. */
const saysTooWeak = (code: string) =>
  code === 'ERR_ID_TOKEN_ACR' ||
  code === 'ERR_ID_TOKEN_AUTHENTICATION_TIME' ||
  code === 'ERR_CALLBACK_UNMET'

interface Finishing {
  readonly login: PendingLogin
  readonly provider: LoginProvider
  readonly parameters: URLSearchParams
  readonly now: number
}

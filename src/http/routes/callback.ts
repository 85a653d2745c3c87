import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { CodedError } from '../../errors.js'
import type { AnswerName } from '../answers.js'
import type { Identity } from '../../session/session.js'
import type { LiveSession } from '../../session/sessions.js'
import {
  type EndpointContext,
  formOf,
  fragmentName,
  peekSession,
  queryOf,
} from '../endpoint-context.js'
import type { KeptForm } from '../kept-forms.js'
import type { LoginProvider } from '../login-provider.js'
import type { Paths } from '../paths.js'
import { formNotSentPage } from '../pages/form-not-sent-page.js'
import { keptFormPage } from '../pages/kept-form-page.js'
import { continuePage } from '../pages/continue-page.js'
import type { PendingLogin } from '../pending-logins.js'
import { problemCodeOf } from '../problem.js'
import { stateIn } from '../response-state.js'
import { createSignInTrouble } from '../sign-in-trouble.js'
import { withholdsSession } from '../withheld-session.js'

/** Every path at which authorization responses arrive, also of logins that an earlier configuration began. */
export const callbackPaths = (
  paths: Paths,
  providers: EndpointContext['providers'],
): readonly string[] => [paths.callback, ...[...providers.keys()].map(paths.callbackOf)]

/**
 * `GET,POST /callback`: finishes a login that this browser began (RFC 6749 §4.1.2).
 *
 * An answer that nobody waits for (forged, expired, of another browser, or used before) makes no
 * request to the provider. Whoever is signed in already goes where that login was to lead.
 */
export function registerCallback(scope: FastifyInstance, context: EndpointContext): void {
  const { paths, pendingLogins, providers, clock } = context
  const trouble = createSignInTrouble(context)

  async function answer(
    request: FastifyRequest,
    reply: FastifyReply,
    { path, parameters }: Arrived,
  ): Promise<FastifyReply> {
    const now = clock()
    const state = stateIn(parameters)
    const login = pendingLogins.find(request, state, now)
    const provider = login && providers.get(login.transaction.providerId)
    if (login === undefined || provider === undefined)
      return answerStale(request, reply, state, now)

    const first = await context.consumeState(state, now)
    pendingLogins.clear(reply, state)
    if (!first) return answerStale(request, reply, state, now)
    return finish(request, reply, { login, provider, path, parameters, now })
  }

  async function finish(
    request: FastifyRequest,
    reply: FastifyReply,
    { login, provider, path, parameters, now }: Finishing,
  ): Promise<FastifyReply> {
    const { publicUrl, sessions, cookieWriter, answers, events } = context
    const { returnTo, transaction, form } = login
    let previous: LiveSession | undefined
    let identity: Identity
    try {
      const callback = login.callback ?? paths.callback
      if (path !== callback) {
        const message = `the answer came to ${path}, not to ${callback}, so it may be another provider's`
        throw new CodedError('ERR_CALLBACK_REDIRECT_URI', message)
      }
      const signIn = await provider.finishLogin({
        redirectUri: publicUrl.origin + callback,
        parameters,
        transaction: login.transaction,
        stepUp: login.stepUp,
        now,
      })
      identity = signIn.identity
      previous = await findPrevious(request, login, now)
      const startedAt = login.transaction.createdAt
      const client = context.clientOf(request)
      const replaces = previous?.key
      const { stepUp } = login
      const { cookieValue, live } = await sessions.create(
        { ...signIn, startedAt, replaces, stepUp, client },
        now,
      )
      cookieWriter.setTicket(reply, cookieValue)
      if (providers.size > 1) context.lastProvider.note(reply, provider.id)
      if (previous !== undefined) await context.retireSession(previous, live)
      await context.limitSessions(live)
      events.onLogin(request, { providerId: provider.id, code: 'ok', live })
    } catch (error) {
      const code = problemCodeOf(error)
      events.onLogin(request, { providerId: provider.id, code })
      if (login.stepUp !== undefined && saysTooWeak(code)) {
        request.log.info({ err: error, code }, 'the provider did not step up')
        const { stepUp } = login
        const failure = { stepUp, providerId: provider.id, returnTo, form }
        return context.stepUps.fail(request, reply, failure)
      }
      const stepUp = login.stepUp && context.stepUpSeal.seal(login.stepUp)
      const again = paths.startUrl({ providerId: provider.id, returnTo, form, stepUp })
      return answers.error(request, reply, error, {
        actions: [{ label: 'Start the sign-in again', href: again }],
      })
    }
    // Step-ups in a row are counted where they are asked for.
    const isStepUp = login.stepUp !== undefined && login.stepUp.attempt > 0
    const logins = isStepUp ? 0 : context.loginTrail.note(request, reply, login, now)
    if (logins >= loginsOfLoop) {
      const { state } = transaction
      return trouble.loop(request, reply, { state, returnTo, previous: fate(request, previous) })
    }
    if (form !== undefined) {
      return resume(request, reply, { form, returnTo, identity, providerId: provider.id })
    }
    return enter(request, reply, { name: 'LOGIN_FINISHED', returnTo, state: transaction.state })
  }

  /** Has the browser send the form that waited for this login. */
  async function resume(
    request: FastifyRequest,
    reply: FastifyReply,
    waiting: { form: string; returnTo: string; identity: Identity; providerId: string },
  ): Promise<FastifyReply> {
    const { answers, keptForms, publicUrl } = context
    const { host, origin } = publicUrl
    const { form: id, returnTo, identity, providerId } = waiting
    let form: KeptForm | undefined
    try {
      form = await keptForms.take(request, reply, id, identity)
    } catch (error) {
      const again = paths.startUrl({ providerId, returnTo, form: id })
      return answers.error(request, reply, error, {
        actions: [{ label: 'Try again', href: again }],
      })
    }
    request.log.info({ kept: form !== undefined }, 'a form waited for this login')
    if (form !== undefined) {
      return answers.page(reply, 'FORM_RESUMED', keptFormPage({ host, origin, form }))
    }
    const action = { label: 'Go on', href: returnTo }
    const page = formNotSentPage({ host, code: 'FORM_LOST', requestId: request.id, action })
    return answers.page(reply, 'FORM_LOST', page)
  }

  /** What came of the session that the login before began. */
  function fate(request: FastifyRequest, previous: LiveSession | undefined) {
    if (previous !== undefined) return 'live'
    const shown = context.cookieNames.readTicketCookie(request.raw.headers.cookie)
    if (shown !== undefined) return 'unknown'
    return withholdsSession(context, request) ? 'withheld' : 'not-sent'
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
    const { previousTicket } = login
    const isShown = context.cookieNames.readTicketCookie(request.raw.headers.cookie) !== undefined
    if (isShown || previousTicket === undefined) return peekSession(context, request, now)
    return context.sessions.load(previousTicket, now, { extend: false })
  }

  async function answerStale(
    request: FastifyRequest,
    reply: FastifyReply,
    state: string,
    now: number,
  ): Promise<FastifyReply> {
    const returnTo = context.parseReturnTo(context.returnState.read(state)?.returnTo, request)
    const live = await peekSession(context, request, now)
    if (live !== undefined) {
      return enter(request, reply, { name: 'SIGNED_IN_ALREADY', returnTo: returnTo ?? '/', state })
    }
    if (withholdsSession(context, request)) {
      // Asked once more from a page of ours, the browser shows whether there is a session.
      const again = `${context.paths.callback}?${new URLSearchParams({ state }).toString()}`
      return goOn(reply, 'CONTINUE_PAGE', again)
    }
    return trouble.lost(request, reply, { state, returnTo, now })
  }

  function enter(
    request: FastifyRequest,
    reply: FastifyReply,
    { name, returnTo, state }: { name: AnswerName; returnTo: string; state: string },
  ): FastifyReply {
    if (context.keepFragment) return goOn(reply, name, returnTo, fragmentName(state))
    // A strict cookie is not sent along the redirects that began at the provider, so that a redirect
    // would arrive without the session: let the browser navigate on its own.
    if (context.sameSite === 'strict') return goOn(reply, name, returnTo)
    return context.answers.redirect(request, reply, name, returnTo)
  }

  function goOn(
    reply: FastifyReply,
    name: AnswerName,
    to: string,
    fragmentOf?: string,
  ): FastifyReply {
    const { host } = context.publicUrl
    const page = continuePage({ host, to, ...(fragmentOf && { fragmentOf }) })
    return context.answers.page(reply, name, page)
  }

  for (const path of callbackPaths(paths, providers)) {
    scope.get(path, (request, reply) =>
      answer(request, reply, { path, parameters: queryOf(request) }),
    )
    scope.post(path, (request, reply) =>
      answer(request, reply, { path, parameters: formOf(request) }),
    )
  }
}

/** Whether the login was fine but for what it was to bring. */
const saysTooWeak = (code: string) =>
  code === 'ERR_ID_TOKEN_ACR' ||
  code === 'ERR_ID_TOKEN_AUTHENTICATION_TIME' ||
  code === 'ERR_CALLBACK_UNMET'

// Who signs in so often within half a minute does not do it on purpose.
const loginsOfLoop = 3

/** An authorization response, and where it arrived. */
interface Arrived {
  readonly path: string
  readonly parameters: URLSearchParams
}

interface Finishing extends Arrived {
  readonly login: PendingLogin
  readonly provider: LoginProvider
  readonly now: number
}

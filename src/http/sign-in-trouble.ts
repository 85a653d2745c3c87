import type { FastifyReply, FastifyRequest } from 'fastify'
import type { EndpointContext } from './endpoint-context.js'
import { type Cause, explainLoop, explainLostLogin, type LoginLoop } from './explain-login.js'
import type { Action } from './pages/layout.js'
import { signInTroublePage } from './pages/sign-in-trouble-page.js'
import { findProblem } from './problem.js'

/** Explains a sign-in that gets nowhere, to the person and, by the same request id, to the log. */
export interface SignInTrouble {
  /** Nobody waits for this callback. */
  lost(
    request: FastifyRequest,
    reply: FastifyReply,
    callback: {
      readonly state: string
      readonly returnTo: string | undefined
      readonly now: number
    },
  ): FastifyReply
  /** The browser was signed in and came back, time after time. */
  loop(
    request: FastifyRequest,
    reply: FastifyReply,
    login: Pick<LoginLoop, 'returnTo' | 'previous'> & { readonly state: string },
  ): FastifyReply
}

export function createSignInTrouble(context: EndpointContext): SignInTrouble {
  const { answers, cookieNames, cookieSetup: setup, paths, returnState, publicUrl } = context

  function explain(
    request: FastifyRequest,
    reply: FastifyReply,
    code: string,
    found: { missing: string | undefined; causes: readonly Cause[]; actions: readonly Action[] },
  ): FastifyReply {
    const { missing, causes, actions } = found
    const codes = causes.map((cause) => cause.code)
    request.log.info({ code, missing, causes: codes }, 'sign-in gets nowhere')
    const problem = findProblem(code)
    const page = signInTroublePage({
      host: publicUrl.host,
      problem,
      requestId: request.id,
      missing,
      causes,
      actions,
    })
    const extras = { missing_cookie: missing, causes: codes }
    return answers.problem(request, reply, code, { page, extras, actions })
  }

  return {
    lost(request, reply, { state, returnTo, now }) {
      const { cookie } = request.raw.headers
      const code = 'ERR_CALLBACK_STATE'
      const again = { label: 'Start the sign-in again', href: paths.startUrl({ returnTo }) }
      const beginning = returnState.read(state)?.beginning
      if (beginning === undefined) {
        request.log.info({ code }, 'nobody waits for this callback')
        return answers.problem(request, reply, code, { actions: [again] })
      }
      const missing = cookieNames.login(state)
      const logins = cookieNames.listLoginCookies(cookie)
      const came = logins.some(({ name }) => name === missing)
      const causes = explainLostLogin({
        setup,
        beginning,
        now,
        method: request.method,
        cookieHeader: cookie,
        came,
        otherLogins: logins.length,
      })
      return explain(request, reply, code, {
        missing: came ? undefined : missing,
        causes,
        actions: [again],
      })
    },
    loop(request, reply, { state, returnTo, previous }) {
      const causes = explainLoop({
        setup,
        returnTo,
        previous,
        beginning: returnState.read(state)?.beginning,
        cookieHeader: request.raw.headers.cookie,
      })
      const isMissing = previous === 'not-sent' || isElsewhere(returnTo)
      return explain(request, reply, 'ERR_CALLBACK_LOOP', {
        missing: isMissing ? cookieNames.ticket : undefined,
        causes,
        actions: [{ label: 'Try once more', href: returnTo }],
      })
    },
  }

  function isElsewhere(returnTo: string): boolean {
    return new URL(returnTo, publicUrl).hostname !== publicUrl.hostname
  }
}

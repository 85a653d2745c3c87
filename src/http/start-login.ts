import type { FastifyReply, FastifyRequest } from 'fastify'
import type { IncomingHttpHeaders } from 'node:http'
import { type EndpointContext, fragmentName } from './endpoint-context.js'
import type { LoginProvider } from './login-provider.js'
import { isPrefetch, prefersPage } from './navigation.js'
import { startPage } from './pages/start-page.js'
import type { StepUpRequest } from './step-up-seal.js'

/** A login that is to begin. */
export interface LoginStart {
  readonly provider: LoginProvider
  readonly returnTo: string
  /** The form that waits for it. */
  readonly form?: string | undefined
  readonly stepUp?: StepUpRequest | undefined
  /** What helps the person at the provider, such as `login_hint`. */
  readonly hints?: ReadonlyMap<string, string> | undefined
}

/** Sends a browser to the provider, and has it keep the login until it comes back. */
export type StartLogin = (
  request: FastifyRequest,
  reply: FastifyReply,
  start: LoginStart,
) => Promise<FastifyReply>

export function createStartLogin(context: EndpointContext): StartLogin {
  const { publicUrl, paths, answers, pendingLogins, returnState, clock } = context

  return async function startLogin(request, reply, { provider, returnTo, form, stepUp, hints }) {
    const now = clock()
    const callback = context.callbackPathOf(provider.id)
    const { url, transaction } = await provider.beginLogin({
      redirectUri: publicUrl.origin + callback,
      stateSuffix: returnState.suffix(returnTo, context.beginningOf(request, now)),
      stepUp,
      hints,
      now,
    })
    pendingLogins.save(request, reply, {
      transaction,
      returnTo,
      ...(callback !== paths.callback && { callback }),
      ...(form && { form }),
      ...(stepUp && { stepUp }),
    })
    if (!context.keepFragment || !prefersPage(request.raw)) {
      return answers.redirect(request, reply, 'LOGIN_STARTED', url)
    }
    const login = fragmentName(transaction.state)
    const { host } = publicUrl
    const page = startPage({ host, login, url, providerName: provider.name })
    return answers.page(reply, 'LOGIN_STARTED', page)
  }
}

/** Whether the browser only guesses, or a script calls, so that nobody would see the provider's page. */
export function isUnseen(headers: IncomingHttpHeaders): boolean {
  const called = headers['sec-fetch-site'] !== undefined && headers['sec-fetch-mode'] !== 'navigate'
  return called || isPrefetch(headers)
}

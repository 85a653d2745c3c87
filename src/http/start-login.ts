import type { FastifyReply, FastifyRequest } from 'fastify'
import type { IncomingHttpHeaders } from 'node:http'
import { type EndpointContext, fragmentName } from './endpoint-context.js'
import type { LoginProvider } from './login-provider.js'
import { isPrefetch, prefersPage } from './navigation.js'
import { sameAddress } from './pages/layout.js'
import { providerAwayPage } from './pages/provider-away-page.js'
import { startPage } from './pages/start-page.js'
import { problemCodeOf, retryAfterMsOf } from './problem.js'
import type { StepUpRequest } from './step-up-seal.js'

/** How soon to see whether a provider is back that does not say when. */
const defaultRetryAfterMs = 5000

/** A login that is to begin. */
export interface LoginStart {
  readonly provider: LoginProvider
  readonly returnTo: string
  /** The form that waits for it. */
  readonly form?: string | undefined
  /**
   * What the login is to bring, sealed; one that was not sealed here is refused with 400. Without one it is to bring
   * what the route needs to which it leads.
   */
  readonly stepUp?: string | undefined
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

  /** Says that the provider is away, and tries again by itself until it is back. */
  function answerAway(
    request: FastifyRequest,
    reply: FastifyReply,
    { provider, returnTo, form, stepUp }: LoginStart,
    error: unknown,
  ): FastifyReply {
    const again = paths.startUrl({ providerId: provider.id, returnTo, form, stepUp })
    const isRepeatable = request.method === 'GET'
    const retryAfterMs = retryAfterMsOf(error) ?? defaultRetryAfterMs
    return answers.error(request, reply, error, {
      retryAfterMs,
      page: providerAwayPage({
        host: publicUrl.host,
        providerName: provider.name,
        // The address itself has all that the login is to bring; what was sent by POST is left out.
        retries: {
          at: isRepeatable ? sameAddress : again,
          afterSeconds: Math.max(1, Math.ceil(retryAfterMs / 1000)),
        },
        othersHref:
          context.providers.size > 1 ? paths.signInUrl({ returnTo, form, stepUp }) : undefined,
        requestId: request.id,
      }),
    })
  }

  function demandOf({ stepUp, form, returnTo }: LoginStart): StepUpRequest | undefined {
    if (stepUp !== undefined) return context.stepUpSeal.open(stepUp)
    // The form is sent elsewhere than to where it was filled in; what it needs was told with it.
    const demand = form === undefined ? context.findDemandAt(returnTo) : undefined
    return demand && { ...demand, attempt: 0 }
  }

  return async function startLogin(request, reply, start) {
    const stepUp = demandOf(start)
    // A login without it would only come back here.
    if (start.stepUp !== undefined && stepUp === undefined) {
      return answers.problem(request, reply, 'ERR_REQUEST')
    }
    try {
      await start.provider.ensureReachable()
      return await begin(request, reply, { ...start, stepUp })
    } catch (error) {
      if (problemCodeOf(error) !== 'ERR_PROVIDER_UNAVAILABLE') throw error
      return answerAway(request, reply, start, error)
    }
  }

  async function begin(
    request: FastifyRequest,
    reply: FastifyReply,
    { provider, returnTo, form, stepUp, hints }: OpenedStart,
  ): Promise<FastifyReply> {
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

type OpenedStart = Omit<LoginStart, 'stepUp'> & { readonly stepUp: StepUpRequest | undefined }

/** Whether the browser only guesses, or a script calls, so that nobody would see the provider's page. */
export function isUnseen(headers: IncomingHttpHeaders): boolean {
  const called = headers['sec-fetch-site'] !== undefined && headers['sec-fetch-mode'] !== 'navigate'
  return called || isPrefetch(headers)
}

import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { LiveSession } from '../../session/sessions.js'
import { type EndpointContext, peekSession, queryOf } from '../endpoint-context.js'
import { formIdIn } from '../kept-forms.js'
import type { LoginProvider } from '../login-provider.js'
import { initiatorOf } from '../navigation.js'
import { confirmSignInPage } from '../pages/confirm-sign-in-page.js'
import { continuePage } from '../pages/continue-page.js'
import { personOf } from '../person.js'
import { withholdsSession } from '../withheld-session.js'
import { createStartLogin, isUnseen } from '../start-login.js'

/** `GET /start` begins a login, or leads to the choice among several providers. */
export function registerLogin(scope: FastifyInstance, context: EndpointContext): void {
  const { publicUrl, paths, answers, providers, clock } = context
  const startLogin = createStartLogin(context)

  /**
   * The session of another issuer that a link of another site would replace. Any site can send people here, so
   * nobody loses that without a click of theirs.
   */
  async function findReplaced(
    request: FastifyRequest,
    provider: LoginProvider,
  ): Promise<LiveSession | 'withheld' | undefined> {
    const initiator = initiatorOf(request.raw.headers, publicUrl.origin)
    if (providers.size === 1 || initiator !== 'cross-site') return undefined
    if (withholdsSession(context, request)) return 'withheld'
    const live = await peekSession(context, request, clock())
    return live && provider.isNamed(live.session.identity.issuer) ? undefined : live
  }

  scope.get(paths.start, async (request, reply) => {
    if (isUnseen(request.raw.headers)) {
      return answers.problem(request, reply, 'ERR_LOGIN_REQUIRED')
    }
    const query = queryOf(request)
    const form = formIdIn(query)
    const returnTo = context.parseReturnTo(query.get('rd') ?? undefined, request) ?? '/'
    const stepUp = query.get('step_up') ?? undefined
    const chosen = query.get('provider')
    if (chosen === null && providers.size > 1) {
      const path = paths.signInUrl({ returnTo, form, stepUp })
      return answers.redirect(request, reply, 'LOGIN_REQUIRED', path)
    }
    const provider = chosen === null ? [...providers.values()][0] : providers.get(chosen)
    if (provider === undefined) return answers.problem(request, reply, 'ERR_PROVIDER_UNKNOWN')

    const replaced = await findReplaced(request, provider)
    if (replaced === 'withheld') {
      // Asked once more from a page of ours, the browser shows whether there is a session.
      const page = continuePage({ host: publicUrl.host, to: request.originalUrl })
      return answers.page(reply, 'CONTINUE_PAGE', page)
    }
    if (replaced !== undefined) {
      const page = confirmSignInPage({
        host: publicUrl.host,
        person: personOf(replaced.session.identity),
        providerName: provider.name,
        signIn: { href: request.originalUrl },
        stayHref: returnTo,
      })
      return answers.page(reply, 'SIGN_IN_CONFIRM_PAGE', page)
    }
    const hints = provider.hintsIn(query)
    return startLogin(request, reply, { provider, returnTo, form, stepUp, hints })
  })
}

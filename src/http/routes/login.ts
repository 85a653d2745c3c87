import type { FastifyInstance } from 'fastify'
import { type EndpointContext, queryOf } from '../endpoint-context.js'
import { isFormId } from '../kept-forms.js'
import { signInPage } from '../pages/sign-in-page.js'
import { createStartLogin, isUnseen } from '../start-login.js'

/** `GET /start` begins a login; `GET /sign_in` is the page that offers the providers. */
export function registerLogin(scope: FastifyInstance, context: EndpointContext): void {
  const { publicUrl, paths, answers, providers } = context
  const startLogin = createStartLogin(context)

  scope.get(paths.start, async (request, reply) => {
    if (isUnseen(request.raw.headers)) {
      return answers.problem(request, reply, 'ERR_LOGIN_REQUIRED')
    }
    const query = queryOf(request)
    const form = formIn(query)
    const returnTo = context.parseReturnTo(query.get('rd') ?? undefined) ?? '/'
    const chosen = query.get('provider')
    if (chosen === null && providers.size > 1) {
      const path = paths.signInUrl(returnTo, form)
      return answers.redirect(request, reply, 'LOGIN_REQUIRED', path)
    }
    const provider = chosen === null ? [...providers.values()][0] : providers.get(chosen)
    if (provider === undefined) return answers.problem(request, reply, 'ERR_PROVIDER_UNKNOWN')

    const sealed = query.get('step_up')
    const stepUp = sealed === null ? undefined : context.stepUpSeal.open(sealed)
    // A login without it would only come back here.
    if (sealed !== null && stepUp === undefined) {
      return answers.problem(request, reply, 'ERR_REQUEST')
    }
    return startLogin(request, reply, { provider, returnTo, form, stepUp })
  })

  scope.get(paths.signIn, async (request, reply) => {
    const query = queryOf(request)
    const returnTo = context.parseReturnTo(query.get('rd') ?? undefined)
    const choices = [...providers.values()].map(({ id, name }) => ({
      name,
      href: paths.startUrl({ providerId: id, returnTo, form: formIn(query) }),
    }))
    return answers.page(
      reply,
      'SIGN_IN_PAGE',
      signInPage({
        host: publicUrl.host,
        providers: choices,
        keepsFragment: context.keepFragment,
      }),
    )
  })
}

/** The form that waits for this login, if there is one. */
function formIn(query: URLSearchParams): string | undefined {
  const id = query.get('form')
  return id !== null && isFormId(id) ? id : undefined
}

import type { FastifyInstance } from 'fastify'
import { type EndpointContext, queryOf } from '../endpoint-context.js'
import { formIdIn } from '../kept-forms.js'
import { createStartLogin, isUnseen } from '../start-login.js'

/** `GET /start` begins a login, or leads to the choice among several providers. */
export function registerLogin(scope: FastifyInstance, context: EndpointContext): void {
  const { paths, answers, providers } = context
  const startLogin = createStartLogin(context)

  scope.get(paths.start, async (request, reply) => {
    if (isUnseen(request.raw.headers)) {
      return answers.problem(request, reply, 'ERR_LOGIN_REQUIRED')
    }
    const query = queryOf(request)
    const form = formIdIn(query)
    const returnTo = context.parseReturnTo(query.get('rd') ?? undefined) ?? '/'
    const chosen = query.get('provider')
    if (chosen === null && providers.size > 1) {
      const path = paths.signInUrl({ returnTo, form })
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
    const hints = provider.hintsIn(query)
    return startLogin(request, reply, { provider, returnTo, form, stepUp, hints })
  })
}

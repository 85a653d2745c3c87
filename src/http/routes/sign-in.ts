import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type EndpointContext, formOf, queryOf, withHead } from '../endpoint-context.js'
import { formIdIn } from '../kept-forms.js'
import type { LoginProvider } from '../login-provider.js'
import { initiatorOf } from '../navigation.js'
import { type EmailField, signInPage } from '../pages/sign-in-page.js'
import { createStartLogin } from '../start-login.js'

// RFC 5321 §4.5.3.1.3, without the angle brackets.
const longestEmail = 254

/**
 * `GET /sign_in` is the page that offers the providers, of all or of those that `provider` names, the last
 * choice of this browser first. `POST /sign_in` takes the e-mail address that is asked for where a provider
 * has domains, and begins the login there.
 */
export function registerSignIn(scope: FastifyInstance, context: EndpointContext): void {
  const { publicUrl, paths, answers, providers, homeRealmOf, lastProvider } = context
  const startLogin = createStartLogin(context)

  function read(request: FastifyRequest, parameters: URLSearchParams): Wanted {
    const named = parameters.getAll('provider').flatMap((id) => providers.get(id) ?? [])
    return {
      returnTo: context.parseReturnTo(parameters.get('rd') ?? undefined, request),
      form: formIdIn(parameters),
      stepUp: parameters.get('step_up') ?? undefined,
      named: [...new Set(named)],
    }
  }

  function offer(
    request: FastifyRequest,
    reply: FastifyReply,
    { returnTo, form, stepUp, named }: Wanted,
    typed?: Pick<EmailField, 'value' | 'fault'>,
  ): FastifyReply {
    const last = lastProvider.read(request)
    const offered = named.length === 0 ? [...providers.values()] : named
    const choices = offered.map(({ id, name }) => ({
      name,
      href: paths.startUrl({ providerId: id, returnTo, form, stepUp }),
      isLast: id === last,
    }))
    const email = {
      action: paths.signIn,
      fields: [
        ...(returnTo === undefined ? [] : [['rd', returnTo] as const]),
        ...(form === undefined ? [] : [['form', form] as const]),
        ...(stepUp === undefined ? [] : [['step_up', stepUp] as const]),
        ...named.map(({ id }) => ['provider', id] as const),
      ],
      ...typed,
    }
    const page = signInPage({
      host: publicUrl.host,
      providers: choices.toSorted((one, other) => Number(other.isLast) - Number(one.isLast)),
      email: homeRealmOf !== undefined && offered.length > 1 ? email : undefined,
      keepsFragment: context.keepFragment,
    })
    return answers.page(reply, 'SIGN_IN_PAGE', page)
  }

  scope.get(paths.signIn, withHead, async (request, reply) =>
    offer(request, reply, read(request, queryOf(request))),
  )

  scope.post(paths.signIn, async (request, reply) => {
    const initiator = initiatorOf(request.raw.headers, publicUrl.origin)
    // Its answer begins a login without the session that the login is to replace.
    if (initiator === 'cross-site' || initiator === 'same-site') {
      return answers.problem(request, reply, 'ERR_CROSS_SITE_REQUEST')
    }
    const sent = formOf(request)
    const wanted = read(request, sent)
    const value = (sent.get('email') ?? '').trim().slice(0, longestEmail)
    const realm = homeRealmOf?.(value)
    if (realm === undefined) {
      return offer(request, reply, wanted, { value, fault: 'That is no e-mail address.' })
    }
    const offered = wanted.named.length === 0 ? [...providers.values()] : wanted.named
    const found = offered.filter(({ id }) => realm.providerIds.includes(id))
    const [only, ...others] = found
    if (only !== undefined && others.length === 0) {
      const { returnTo = '/', form, stepUp } = wanted
      const hints = new Map([['login_hint', value]])
      return startLogin(request, reply, { provider: only, returnTo, form, stepUp, hints })
    }
    if (found.length > 1) return offer(request, reply, { ...wanted, named: found }, { value })
    const fault = `No login service is known for addresses of ${realm.domain}. Choose one from the list.`
    return offer(request, reply, wanted, { value, fault })
  })
}

/** Where the login is to lead, and with which of the providers. */
interface Wanted {
  readonly returnTo: string | undefined
  readonly form: string | undefined
  /** What the login is to bring, sealed. */
  readonly stepUp: string | undefined
  /** Empty: with any of them. */
  readonly named: readonly LoginProvider[]
}

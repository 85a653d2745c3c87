import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { readText } from '../../identity/claims.js'
import type { Identity } from '../../session/session.js'
import type { LiveSession } from '../../session/sessions.js'
import { type EndpointContext, formOf, peekSession, queryOf } from '../endpoint-context.js'
import type { LoginProvider } from '../login-provider.js'
import { initiatorOf } from '../navigation.js'
import { confirmSignInPage } from '../pages/confirm-sign-in-page.js'
import { continuePage } from '../pages/continue-page.js'
import { personOf } from '../person.js'
import { createStartLogin, isUnseen } from '../start-login.js'
import { withholdsSession } from '../withheld-session.js'

const names = ['iss', 'login_hint', 'target_link_uri'] as const
const longestHint = 1024

/**
 * `GET,POST /initiate_login`: another site has somebody sign in, such as the provider's page of applications
 * (OpenID Connect Core §4). It says with which of the configured issuers, whom, and where to go afterwards,
 * and nothing else of the login.
 *
 * Any site can send people here, so nobody who is signed in loses that without a click of theirs: with a
 * session of that issuer they go to the target, with another one they are asked first.
 */
export function registerInitiateLogin(scope: FastifyInstance, context: EndpointContext): void {
  const { publicUrl, paths, answers, providers, clock } = context
  const { host } = publicUrl
  const startLogin = createStartLogin(context)

  async function initiate(
    request: FastifyRequest,
    reply: FastifyReply,
    parameters: URLSearchParams,
    isConfirmed: boolean,
  ): Promise<FastifyReply> {
    const wanted = read(request, parameters)
    if (wanted === undefined) return answers.problem(request, reply, 'ERR_REQUEST')
    if (wanted.offered.length === 0) return answers.problem(request, reply, 'ERR_PROVIDER_UNKNOWN')
    if (isConfirmed) return begin(request, reply, wanted)
    if (withholdsSession(context, request)) {
      // Asked once more from a page of ours, the browser shows whether there is a session.
      const page = continuePage({ host, to: pathWith(parameters) })
      return answers.page(reply, 'CONTINUE_PAGE', page)
    }
    const live = await peekSession(context, request, clock())
    if (live === undefined) return begin(request, reply, wanted)
    if (isThatPerson(live.session.identity, wanted)) {
      return answers.redirect(request, reply, 'SIGNED_IN_ALREADY', wanted.returnTo)
    }
    return confirm(reply, parameters, wanted, live)
  }

  /** Undefined where it is not clear what is wanted. */
  function read(request: FastifyRequest, parameters: URLSearchParams): Wanted | undefined {
    if (names.some((name) => parameters.getAll(name).length > 1)) return undefined
    const issuer = parameters.get('iss')
    const hint = parameters.get('login_hint') ?? undefined
    if (issuer === null || (hint !== undefined && isNoHint(hint))) return undefined
    return {
      issuer,
      offered: [...providers.values()].filter((provider) => provider.isNamed(issuer)),
      hint,
      returnTo:
        context.parseReturnTo(parameters.get('target_link_uri') ?? undefined, request) ?? '/',
    }
  }

  async function begin(
    request: FastifyRequest,
    reply: FastifyReply,
    { offered, hint, returnTo }: Wanted,
  ): Promise<FastifyReply> {
    const [provider, ...others] = offered
    if (provider === undefined || others.length > 0) {
      const ids = offered.map(({ id }) => id)
      return answers.redirect(request, reply, 'LOGIN_REQUIRED', paths.signInUrl({ returnTo }, ids))
    }
    const hints = new Map(hint === undefined ? [] : [['login_hint', hint]])
    return startLogin(request, reply, { provider, returnTo, hints })
  }

  function confirm(
    reply: FastifyReply,
    parameters: URLSearchParams,
    { offered, issuer, returnTo }: Wanted,
    { session: { identity } }: LiveSession,
  ): FastifyReply {
    const page = confirmSignInPage({
      host,
      person: personOf(identity),
      providerName: offered[0]?.name ?? issuer,
      signIn: {
        post: paths.initiateLogin,
        fields: Object.fromEntries(names.map((name) => [name, parameters.get(name) ?? undefined])),
      },
      stayHref: returnTo,
    })
    return answers.page(reply, 'SIGN_IN_CONFIRM_PAGE', page)
  }

  function pathWith(parameters: URLSearchParams): string {
    const kept = [...parameters].filter(([name]) => names.some((each) => each === name))
    return `${paths.initiateLogin}?${new URLSearchParams(kept).toString()}`
  }

  scope.get(paths.initiateLogin, async (request, reply) => {
    if (isUnseen(request.raw.headers)) {
      return answers.problem(request, reply, 'ERR_LOGIN_REQUIRED')
    }
    return initiate(request, reply, queryOf(request), false)
  })

  scope.post(paths.initiateLogin, async (request, reply) => {
    const form = formOf(request)
    if (initiatorOf(request.raw.headers, publicUrl.origin) === 'same-origin') {
      return initiate(request, reply, form, true)
    }
    // Browsers send no session along with the POST of another site, but with the GET that follows it.
    return answers.redirect(request, reply, 'LOGIN_REQUIRED', pathWith(form))
  })
}

/** What the other site asks for. */
interface Wanted {
  readonly issuer: string
  /** The providers of that issuer; several when there are several clients. */
  readonly offered: readonly LoginProvider[]
  readonly hint: string | undefined
  readonly returnTo: string
}

const isNoHint = (hint: string) => hint.length > longestHint || /\p{Cc}/u.test(hint)

/** Whether the session is of the issuer and, as far as the hint can be told apart, of the person. */
function isThatPerson({ issuer, sub, claims }: Identity, wanted: Wanted): boolean {
  if (issuer !== wanted.issuer) return false
  const known = [sub, readText(claims, 'email'), readText(claims, 'preferred_username')]
  return wanted.hint === undefined || known.includes(wanted.hint)
}

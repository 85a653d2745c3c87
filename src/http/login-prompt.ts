import type { FastifyReply, FastifyRequest } from 'fastify'
import type { CompiledRoute } from '../access/route-table.js'
import type { Answers } from './answers.js'
import type { Arrival } from './arrival.js'
import type { FormOwner, KeptForms } from './kept-forms.js'
import { initiatorOf, isNavigation, prefersPage } from './navigation.js'
import { formNotSentPage } from './pages/form-not-sent-page.js'
import type { Paths } from './paths.js'

export interface LoginPromptOptions {
  readonly publicUrl: URL
  readonly paths: Paths
  readonly answers: Answers
  readonly keptForms: KeptForms
  readonly parseReturnTo: (value: string | undefined) => string | undefined
  /** Whether there is a choice of providers, so that people are shown the sign-in page first. */
  readonly severalProviders: boolean
  readonly clock: () => number
}

/** Answers a request that needs a session and has none. */
export type LoginPrompt = (
  request: FastifyRequest,
  reply: FastifyReply,
  arrival: Arrival,
  asked: {
    readonly route: CompiledRoute
    /** Whose session has just ended, if that is known. */
    readonly former: FormOwner | undefined
  },
) => Promise<FastifyReply>

/**
 * Sends a navigation on its way to the provider and tells anything else that it must sign in: 401 with
 * the address that a program may open for the person. Neither answer sets a cookie.
 *
 * A form that a person sent goes that way only where its route keeps forms; otherwise they are told that
 * it was not sent. Forms of other origins are never kept.
 */
export function createLoginPrompt(options: LoginPromptOptions): LoginPrompt {
  const { publicUrl, paths, answers, severalProviders } = options

  const loginPath = (returnTo: string | undefined, form?: string) =>
    severalProviders ? paths.signInUrl(returnTo, form) : paths.startUrl({ returnTo, form })

  function refuse(request: FastifyRequest, reply: FastifyReply): FastifyReply {
    const path = loginPath(options.parseReturnTo(pageBehind(request)))
    const code = 'ERR_LOGIN_REQUIRED'
    const isForm = request.method === 'POST' && prefersPage(request)
    const page = formNotSentPage({
      host: publicUrl.host,
      code: `401 ${code}`,
      requestId: request.id,
      action: { label: 'Sign in', href: path },
    })
    return answers.problem(request, reply, code, {
      extras: { login_url: publicUrl.origin + path },
      ...(isForm ? { page } : {}),
    })
  }

  function isOwnForm(request: FastifyRequest, { facts }: Arrival): boolean {
    return (
      facts.method === 'POST' &&
      prefersPage(request) &&
      // The form is sent again from the public host, where the login takes place.
      facts.host === publicUrl.hostname &&
      initiatorOf(request.raw.headers, publicUrl.origin) === 'same-origin'
    )
  }

  return async function promptForLogin(request, reply, arrival, { route, former }) {
    const { facts, originForm } = arrival
    if (route.config.keepForms && isOwnForm(request, arrival)) {
      const kept = { target: originForm, person: former, now: options.clock() }
      const id = await options.keptForms.keep(request, reply, kept)
      if (id === undefined) return refuse(request, reply)
      const path = loginPath(options.parseReturnTo(pageBehind(request)), id)
      return answers.redirect(request, reply, 'FORM_KEPT', path)
    }
    if (!isNavigation(request.raw)) return refuse(request, reply)
    if (facts.host === publicUrl.hostname) {
      const path = loginPath(options.parseReturnTo(originForm))
      return answers.redirect(request, reply, 'LOGIN_REQUIRED', path)
    }
    // The login takes place on the public host, where its cookies and the redirect URI belong.
    const elsewhere = options.parseReturnTo(`${publicUrl.protocol}//${facts.host}${originForm}`)
    const location = publicUrl.origin + loginPath(elsewhere ?? options.parseReturnTo(originForm))
    return answers.redirect(request, reply, 'LOGIN_REQUIRED', location)
  }
}

/** The page whose script made this request, as far as it tells: where to return to after login. */
function pageBehind(request: FastifyRequest): string | undefined {
  return request.raw.headers.referer
}

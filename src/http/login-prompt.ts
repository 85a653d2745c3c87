import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Answers } from './answers.js'
import type { Arrival } from './arrival.js'
import { isNavigation, originOf } from './navigation.js'
import type { Paths } from './paths.js'

export interface LoginPromptOptions {
  readonly publicUrl: URL
  readonly paths: Paths
  readonly answers: Answers
  readonly parseReturnTo: (value: string | undefined) => string | undefined
  /** Whether there is a choice of providers, so that people are shown the sign-in page first. */
  readonly severalProviders: boolean
}

/** Answers a request that needs a session and has none. */
export type LoginPrompt = (
  request: FastifyRequest,
  reply: FastifyReply,
  arrival: Arrival,
) => FastifyReply

/**
 * Sends a navigation on its way to the provider and tells anything else that it must sign in: 401 with
 * the address that a program may open for the person. Neither answer sets a cookie.
 */
export function createLoginPrompt(options: LoginPromptOptions): LoginPrompt {
  const { publicUrl, paths, answers, severalProviders } = options

  const loginPath = (returnTo: string | undefined) =>
    severalProviders ? paths.signInUrl(returnTo) : paths.startUrl({ returnTo })

  return function promptForLogin(request, reply, arrival) {
    const { facts, originForm, isSubrequest } = arrival
    if (!isNavigation(originOf(request, arrival))) {
      const loginUrl = publicUrl.origin + loginPath(options.parseReturnTo(pageBehind(request)))
      return answers.problem(request, reply, 'ERR_LOGIN_REQUIRED', {
        extras: { login_url: loginUrl },
      })
    }
    // An ingress may take a relative address for one below its own of Valetkey.
    if (facts.host === publicUrl.hostname && !isSubrequest) {
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

import type { FastifyReply, FastifyRequest } from 'fastify'
import type { AnswerName, Answers } from './answers.js'
import type { Arrival } from './arrival.js'
import { isNavigation, originOf } from './navigation.js'
import type { Paths } from './paths.js'
import type { ParseReturnTo } from './return-to.js'

export interface LoginPromptOptions {
  readonly publicUrl: URL
  readonly paths: Paths
  readonly answers: Answers
  readonly parseReturnTo: ParseReturnTo
  /** Whether there is a choice of providers, so that people are shown the sign-in page first. */
  readonly severalProviders: boolean
}

/** What kind of login is needed, and where it begins. */
export interface NeededLogin {
  readonly code: 'ERR_LOGIN_REQUIRED' | 'ERR_STEP_UP_REQUIRED'
  readonly name: AnswerName
  readonly challenge?: Readonly<Record<string, string>>
  readonly pathTo: (returnTo: string | undefined) => string
}

/** Answers a request that needs a session and has none, or one of a better login. */
export type LoginPrompt = (
  request: FastifyRequest,
  reply: FastifyReply,
  arrival: Arrival,
  needed: NeededLogin,
) => FastifyReply

/**
 * Sends a navigation on its way to the provider and tells anything else that it must sign in: 401 with
 * the address that a program may open for the person. Neither answer sets a cookie.
 */
export function createLoginPrompt(options: LoginPromptOptions): LoginPrompt {
  const { publicUrl, answers } = options

  return function promptForLogin(request, reply, arrival, needed) {
    const { facts, originForm, isSubrequest } = arrival
    const { code, name, challenge, pathTo } = needed
    if (!isNavigation(originOf(request, arrival))) {
      const loginUrl =
        publicUrl.origin + pathTo(options.parseReturnTo(pageBehind(request), request))
      return answers.problem(request, reply, code, { extras: { login_url: loginUrl }, challenge })
    }
    // An ingress may take a relative address for one below its own of Valetkey.
    if (facts.host === publicUrl.hostname && !isSubrequest) {
      const path = pathTo(options.parseReturnTo(originForm, request))
      return answers.redirect(request, reply, name, path)
    }
    // The login takes place on the public host, where its cookies and the redirect URI belong.
    const location = publicUrl.origin + pathTo(returnToOf(options, request, arrival))
    return answers.redirect(request, reply, name, location)
  }
}

/** Where to return to after login: the address that was asked for, or its path where that host is none to return to. */
export function returnToOf(
  { publicUrl, parseReturnTo }: Pick<LoginPromptOptions, 'publicUrl' | 'parseReturnTo'>,
  request: Pick<FastifyRequest, 'log'>,
  { facts, originForm }: Arrival,
): string | undefined {
  const elsewhere = parseReturnTo(`${publicUrl.protocol}//${facts.host}${originForm}`, request)
  return elsewhere ?? parseReturnTo(originForm, request)
}

/** The path at which a login begins that leads there. */
export type LoginPath = (login: {
  readonly returnTo: string | undefined
  readonly form?: string | undefined
  /** The ids of the providers that count; all when absent. */
  readonly allowed?: readonly string[] | undefined
  /** What the login is to bring, sealed. */
  readonly stepUp?: string | undefined
}) => string

/** Where logins begin: with the choice among several providers, or at the only one that counts. */
export function loginPaths(paths: Paths, severalProviders: boolean): LoginPath {
  return function loginPath({ returnTo, form, allowed, stepUp }) {
    const isChoice = allowed === undefined ? severalProviders : allowed.length > 1
    return isChoice
      ? paths.signInUrl({ returnTo, form, stepUp }, allowed)
      : paths.startUrl({ providerId: allowed?.[0], returnTo, form, stepUp })
  }
}

/** The ids of the providers with which people sign in for a route; undefined where any will do. */
export const allowedProviders = ({ location }: Arrival): readonly string[] | undefined =>
  location.kind === 'route' ? location.route.config.providers : undefined

/** The page whose script made this request, as far as it tells: where to return to after login. */
export function pageBehind(request: FastifyRequest): string | undefined {
  return request.raw.headers.referer
}

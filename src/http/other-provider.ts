import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Answers } from './answers.js'
import type { Arrival } from './arrival.js'
import { loginPaths, type LoginPromptOptions, pageBehind, returnToOf } from './login-prompt.js'
import { isNavigation, originOf } from './navigation.js'
import { otherProviderPage } from './pages/other-provider-page.js'
import type { Paths } from './paths.js'
import { personOf } from './person.js'
import type { Verdict } from './verdict.js'

export interface OtherProviderOptions {
  readonly publicUrl: URL
  readonly paths: Paths
  readonly answers: Answers
  readonly parseReturnTo: LoginPromptOptions['parseReturnTo']
  /** The configured providers, by id. */
  readonly providers: ReadonlyMap<string, { readonly id: string; readonly name: string }>
}

/** Answers a request with a session of a provider whose people its route does not take. */
export type OfferOtherProvider = (
  request: FastifyRequest,
  reply: FastifyReply,
  arrival: Arrival,
  verdict: Extract<Verdict, { kind: 'other-provider' }>,
) => FastifyReply

/**
 * 403 with the choice, for people as a page. Nobody is sent to the other provider by themselves: signing in
 * there ends the session at hand, which a frame or a link could then bring about.
 */
export function createOtherProviderOffer(options: OtherProviderOptions): OfferOtherProvider {
  const { publicUrl, paths, answers, providers } = options
  const loginPath = loginPaths(paths, true)

  return function offerOtherProvider(request, reply, arrival, { admission: { live }, allowed }) {
    const code = 'ERR_ACCESS_PROVIDER'
    request.log.info({ code, session: live?.key, allowed }, 'access denied')
    const returnTo = isNavigation(originOf(request, arrival))
      ? returnToOf(options, request, arrival)
      : options.parseReturnTo(pageBehind(request), request)
    // The login takes place on the public host, where its cookies and the redirect URI belong.
    const loginAt = (providerId: string) =>
      publicUrl.origin + paths.startUrl({ providerId, returnTo })
    const choices = allowed.flatMap((id) => providers.get(id) ?? [])
    const identity = live?.session.identity
    return answers.problem(request, reply, code, {
      extras: { login_url: publicUrl.origin + loginPath({ returnTo, allowed }) },
      page: otherProviderPage({
        host: publicUrl.host,
        person: identity && personOf(identity),
        present: identity && providers.get(identity.providerId)?.name,
        choices: choices.map(({ id, name }) => ({ name, href: loginAt(id) })),
        requestId: request.id,
      }),
    })
  }
}

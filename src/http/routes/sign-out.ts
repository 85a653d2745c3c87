import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Identity, Tokens } from '../../session/session.js'
import {
  type EndpointContext,
  formOf,
  peekSession,
  queryOf,
  withHead,
} from '../endpoint-context.js'
import { initiatorOf, isPrefetch } from '../navigation.js'
import { providerOf } from '../provider-of.js'
import { confirmSignOutPage } from '../pages/confirm-sign-out-page.js'
import { signOutAtProviderPage } from '../pages/sign-out-at-provider-page.js'
import { signedOutPage } from '../pages/signed-out-page.js'

/** Beyond this a URL may be refused on its way; a form takes its place (RP-Initiated Logout §2). */
const longestUrl = 6 * 1024

/**
 * `GET,POST /sign_out` ends the session here and then, where the provider has it, there
 * (OpenID Connect RP-Initiated Logout 1.0 §2). `GET /signed_out` is where the provider returns to.
 */
export function registerSignOut(scope: FastifyInstance, context: EndpointContext): void {
  const { publicUrl, paths, answers, providers, sessions, cookieWriter, returnState, clock } =
    context
  const { host, origin } = publicUrl

  scope.get(paths.signOut, async (request, reply) => {
    const returnTo = context.parseReturnTo(queryOf(request).get('rd') ?? undefined, request)
    if (!isOwnIntent(request)) {
      const page = confirmSignOutPage({ host, signOutPath: paths.signOut, returnTo })
      return answers.page(reply, 'SIGN_OUT_PAGE', page)
    }
    return signOut(request, reply, returnTo)
  })

  scope.post(paths.signOut, async (request, reply) => {
    const initiator = initiatorOf(request.raw.headers, origin)
    if (initiator === 'cross-site' || initiator === 'same-site') {
      return answers.problem(request, reply, 'ERR_CROSS_SITE_REQUEST')
    }
    const asked = formOf(request).get('rd') ?? queryOf(request).get('rd') ?? undefined
    return signOut(request, reply, context.parseReturnTo(asked, request))
  })

  // The state may be missing or another: some providers drop it. Then it leads nowhere in particular.
  scope.get(paths.signedOut, withHead, async (request, reply) => {
    const state = queryOf(request).get('state') ?? undefined
    return leave(request, reply, context.parseReturnTo(returnState.read(state)?.returnTo, request))
  })

  /** Whether the person asked for it here, rather than another site, an image, a frame or a guess. */
  function isOwnIntent(request: FastifyRequest): boolean {
    const { headers } = request.raw
    if (isPrefetch(headers)) return false
    const destination = headers['sec-fetch-dest']
    if (destination !== undefined && destination !== 'document' && destination !== 'empty')
      return false
    const initiator = initiatorOf(headers, origin)
    if (initiator !== 'unknown') return initiator === 'same-origin' || initiator === 'none'
    const { referer } = headers
    return referer === undefined || (URL.canParse(referer) && new URL(referer).origin === origin)
  }

  async function signOut(
    request: FastifyRequest,
    reply: FastifyReply,
    returnTo: string | undefined,
  ): Promise<FastifyReply> {
    const live = await peekSession(context, request, clock())
    const tokens = live && (await sessions.destroy(live))
    if (live !== undefined) context.events.onSignOut(request, live, tokens)
    cookieWriter.clearTicket(reply)
    if (live === undefined) return leave(request, reply, returnTo)
    return signOutAtProvider(request, reply, live.session.identity, tokens, returnTo)
  }

  function signOutAtProvider(
    request: FastifyRequest,
    reply: FastifyReply,
    identity: Identity,
    tokens: Tokens | undefined,
    returnTo: string | undefined,
  ): FastifyReply {
    const provider = providerOf(providers, identity)
    const url = provider?.endSessionUrl({
      idTokenHint: tokens?.idToken,
      postLogoutRedirectUri: origin + paths.signedOut,
      state: returnState.newState(returnTo),
      claims: identity.claims,
    })
    if (provider === undefined || url === undefined) {
      const page = signedOutPage({
        host,
        signInHref: paths.startUrl({ returnTo }),
        providerStillSignedIn: provider?.name ?? identity.issuer,
      })
      return answers.page(reply, 'SIGNED_OUT', page)
    }
    if (url.length > longestUrl) {
      const page = signOutAtProviderPage({ host, url: new URL(url), providerName: provider.name })
      return answers.page(reply, 'SIGN_OUT_STARTED', page)
    }
    return answers.redirect(request, reply, 'SIGN_OUT_STARTED', url)
  }

  function leave(
    request: FastifyRequest,
    reply: FastifyReply,
    returnTo: string | undefined,
  ): FastifyReply {
    if (returnTo !== undefined) return answers.redirect(request, reply, 'SIGNED_OUT', returnTo)
    const page = signedOutPage({ host, signInHref: paths.signIn })
    return answers.page(reply, 'SIGNED_OUT', page)
  }
}

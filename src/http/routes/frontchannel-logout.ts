import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type EndpointContext, peekSession, queryOf } from '../endpoint-context.js'
import { providerOf } from '../provider-of.js'
import type { LoginProvider } from '../login-provider.js'

const longestSid = 255

/**
 * `GET /frontchannel-logout`: the provider's logout page has this in a frame (OpenID Connect
 * Front-Channel Logout 1.0 §2).
 *
 * With `iss` and `sid` it ends the sessions of that `sid`, with or without cookies, which browsers
 * withhold from frames. Nobody vouches for such a request, so it ends nothing else, and no token is
 * revoked. Without them it ends the session of the cookie, if the frame is in a page of its provider.
 */
export function registerFrontchannelLogout(scope: FastifyInstance, context: EndpointContext): void {
  const { paths, answers, sessions, events, clock } = context
  const providers = [...context.providers.values()]

  async function logOut(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const query = queryOf(request)
    const [issuers, sids] = [query.getAll('iss'), query.getAll('sid')]
    if (issuers.length !== sids.length || issuers.length > 1) {
      return answers.problem(request, reply, 'ERR_REQUEST')
    }
    const [issuer, sid] = [issuers[0], sids[0]]
    if (issuer === undefined || sid === undefined) {
      await endOwnSession(request)
      return finish(reply, providers)
    }
    const named = providers.filter((provider) => provider.isNamed(issuer))
    if (named.length > 0 && sid !== '' && sid.length <= longestSid) {
      const ended = await sessions.endWhere({ issuer, sid }, { logins: false })
      events.onProviderLogout(request, { channel: 'frontchannel', issuer, sid, ended })
    }
    return finish(reply, named)
  }

  async function endOwnSession(request: FastifyRequest): Promise<void> {
    const live = await peekSession(context, request, clock())
    if (live === undefined) return
    const { issuer, sid, sub } = live.session.identity
    const { referer = '' } = request.raw.headers
    const from = URL.canParse(referer) ? new URL(referer).origin : undefined
    const origins = providerOf(context.providers, live.session.identity)?.pageOrigins() ?? []
    if (from === undefined || !origins.includes(from)) return
    await sessions.destroy(live)
    events.onProviderLogout(request, { channel: 'frontchannel', issuer, sid, sub, ended: 1 })
  }

  /** An empty page that only the provider may frame. */
  function finish(reply: FastifyReply, framedBy: readonly LoginProvider[]): FastifyReply {
    const origins = [...new Set(framedBy.flatMap((provider) => provider.pageOrigins()))]
    const ancestors = origins.length === 0 ? "'none'" : origins.join(' ')
    return answers.document(reply, 'LOGGED_OUT', {
      contentSecurityPolicy: `default-src 'none'; frame-ancestors ${ancestors}`,
      markup: '<!doctype html><title>Signed out</title>',
    })
  }

  scope.get(paths.frontchannelLogout, (request, reply) => logOut(request, reply))
}

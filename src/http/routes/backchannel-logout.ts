import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type EndpointContext, formOf } from '../endpoint-context.js'
import { findProblem, problemCodeOf } from '../problem.js'

/**
 * `POST /backchannel-logout`: the provider ends sessions (OpenID Connect Back-Channel Logout 1.0 §2.5).
 * The signed token is all that counts: there is no cookie, and the origin of the request means nothing.
 *
 * 200 says that the sessions have ended, 400 that the token is not accepted (§2.8). What cannot be done
 * just now is 503 instead, so that the provider can tell it from a refusal and try again.
 */
export function registerBackchannelLogout(scope: FastifyInstance, context: EndpointContext): void {
  const { paths, answers, providers, sessions, logoutReplays, events, clock } = context

  async function logOut(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const [token, ...more] = formOf(request).getAll('logout_token')
    if (token === undefined) return refuse(request, reply, 'there is no logout_token')
    if (more.length > 0) return refuse(request, reply, 'logout_token is there more than once')
    const provider = [...providers.values()].find((each) => each.isAddressedBy(token))
    if (provider === undefined) return refuse(request, reply, 'the token is of no known provider')

    const notice = await provider.verifyLogoutToken(token, clock())
    const { issuer, sid, sub } = notice
    if (await logoutReplays.isKnown(notice)) return refuse(request, reply, 'the token is a replay')
    const ended = await endSessions(issuer, sid, sub)
    if (!(await logoutReplays.note(notice))) return refuse(request, reply, 'the token is a replay')
    events.onProviderLogout(request, { channel: 'backchannel', issuer, sid, sub, ended })
    return answers.json(reply, 'LOGGED_OUT', {})
  }

  /** The sessions of the `sid`; all of the person only where the provider does not say which (§2.7). */
  async function endSessions(issuer: string, sid?: string, sub?: string): Promise<number> {
    if (sid !== undefined) return sessions.endWhere({ issuer, sid })
    return sub === undefined ? 0 : sessions.endWhere({ issuer, sub })
  }

  function refuse(request: FastifyRequest, reply: FastifyReply, reason: string): FastifyReply {
    request.log.warn({ reason }, 'logout token refused')
    return answers.json(reply.code(400), 'LOGOUT_REFUSED', {
      error: 'invalid_request',
      error_description: 'The logout token was not accepted.',
    })
  }

  function fail(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
    const code = problemCodeOf(error)
    const { status } = findProblem(code)
    if (status === 500 && code !== 'ERR_LOGOUT_TOKEN') return answers.error(request, reply, error)
    if (status <= 500) {
      return refuse(request, reply, error instanceof Error ? error.message : 'unknown')
    }
    request.log.warn({ err: error, code }, 'logout token could not be obeyed')
    return answers.json(reply.code(503).header('retry-after', '2'), 'LOGOUT_UNAVAILABLE', {
      error: 'temporarily_unavailable',
      error_description: 'The logout could not be carried out now.',
    })
  }

  scope.post(
    paths.backchannelLogout,
    { errorHandler: (error, request, reply) => void fail(error, request, reply) },
    (request, reply) => logOut(request, reply),
  )
}

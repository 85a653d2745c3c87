import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { CodedError } from '../../errors.js'
import type { LogoutNotice } from '../../session/logout-notice.js'
import { type EndpointContext, formOf } from '../endpoint-context.js'
import { createLogoutThrottle } from '../logout-throttle.js'
import { findProblem, problemCodeOf } from '../problem.js'

/**
 * `POST /backchannel-logout`: the provider ends sessions (OpenID Connect Back-Channel Logout 1.0 §2.5).
 * The signed token is all that counts: there is no cookie, and the origin of the request means nothing.
 *
 * 200 says that the sessions have ended, 400 that the token is not accepted (§2.8). What cannot be done
 * just now is 503 instead, so that the provider can tell it from a refusal and try again; 429 is for
 * senders of too many tokens that were not accepted.
 */
export function registerBackchannelLogout(scope: FastifyInstance, context: EndpointContext): void {
  const { paths, answers, providers, sessions, logoutReplays, events, clock } = context
  const throttle = createLogoutThrottle()

  async function logOut(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const { address } = context.clientOf(request)
    const waitMs = throttle.begin(address, clock())
    if (waitMs !== undefined) return turnAway(reply, waitMs)
    let isObeyed = false
    try {
      const ended = await obey(formOf(request))
      isObeyed = true
      events.onProviderLogout(request, { channel: 'backchannel', ...ended })
      return answers.json(reply, 'LOGGED_OUT', {})
    } finally {
      throttle.finish(address, clock(), isObeyed)
    }
  }

  async function obey(form: URLSearchParams): Promise<LogoutNotice & { ended: number }> {
    const [token, ...more] = form.getAll('logout_token')
    if (token === undefined) throw refusal('there is no logout_token')
    if (more.length > 0) throw refusal('logout_token is there more than once')
    const provider = [...providers.values()].find((each) => each.isAddressedBy(token))
    if (provider === undefined) throw refusal('the token is of no known provider')

    const notice = await provider.verifyLogoutToken(token, clock())
    if (await logoutReplays.isKnown(notice)) throw refusal('the token is a replay')
    const ended = await endSessions(notice)
    if (!(await logoutReplays.note(notice))) throw refusal('the token is a replay')
    return { ...notice, ended }
  }

  /** The sessions of the `sid`; all of the person only where the provider does not say which (§2.7). */
  async function endSessions({ issuer, sid, sub }: LogoutNotice): Promise<number> {
    if (sid !== undefined) return sessions.endWhere({ issuer, sid })
    return sub === undefined ? 0 : sessions.endWhere({ issuer, sub })
  }

  function turnAway(reply: FastifyReply, waitMs: number): FastifyReply {
    const seconds = String(Math.ceil(waitMs / 1000))
    return answers.json(reply.code(429).header('retry-after', seconds), 'LOGOUT_THROTTLED', {
      error: 'temporarily_unavailable',
      error_description: 'Too many logout tokens from there were not accepted.',
    })
  }

  function fail(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
    if (isRefusal(error)) {
      const reason = error instanceof Error ? error.message : 'unknown'
      request.log.warn({ reason }, 'logout token refused')
      return answers.json(reply.code(400), 'LOGOUT_REFUSED', {
        error: 'invalid_request',
        error_description: 'The logout token was not accepted.',
      })
    }
    const code = problemCodeOf(error)
    if (findProblem(code).status === 500) return answers.error(request, reply, error)
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

const refusal = (reason: string) => new CodedError('ERR_LOGOUT_TOKEN', reason)

/** Whether the sender is at fault: with the token, or with the request around it. */
function isRefusal(error: unknown): boolean {
  const code = problemCodeOf(error)
  return code === 'ERR_LOGOUT_TOKEN' || findProblem(code).status < 500
}

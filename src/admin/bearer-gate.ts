import type { onRequestAsyncHookHandler } from 'fastify'
import { createBearerCheck } from './bearer-check.js'
import { sendProblem } from './problem.js'

/**
 * Makes the hook that lets only operators pass. Without a token in the configuration there are none,
 * and the answer says how to change that.
 */
export function createBearerGate(token: string | undefined): onRequestAsyncHookHandler {
  const hasToken = createBearerCheck(token)
  return async function demandToken(request, reply) {
    if (token === undefined) {
      return sendProblem(reply, {
        status: 403,
        code: 'ERR_ADMIN_TOKEN_MISSING',
        detail:
          'no admin token is configured; set admin.tokenFile to a file that holds one, such as `valetkey keygen` prints',
      })
    }
    if (hasToken(request.headers.authorization)) return undefined
    // RFC 6750 §3: without credentials the challenge names no error.
    const challenge = request.headers.authorization === undefined ? '' : ', error="invalid_token"'
    reply.header('www-authenticate', `Bearer realm="valetkey admin"${challenge}`)
    return sendProblem(reply, {
      status: 401,
      code: 'ERR_ADMIN_TOKEN',
      detail: 'this needs `Authorization: Bearer` with the admin token',
    })
  }
}

import type { FastifyInstance } from 'fastify'
import { readOriginalRequest } from '../../access/original-request.js'
import type { EndpointContext } from '../endpoint-context.js'
import {
  admittedHeaders,
  type ForwardAuth,
  logUnnamed,
  logUntrusted,
  registerSubrequest,
} from '../forward-auth.js'

/**
 * `/forward-auth`, for Traefik and Caddy, which hand every refusal on to the client: 200 with the headers to copy
 * into the request, else what the client would get if it had come here, with absolute redirects.
 */
export function registerForwardAuth(
  scope: FastifyInstance,
  context: EndpointContext,
  forwardAuth: ForwardAuth,
): void {
  const { publicUrl, paths, answers } = context
  const { judge, refuse, readOriginalArrival, clientOf } = forwardAuth
  const scheme = publicUrl.protocol === 'https:' ? 'https' : 'http'

  registerSubrequest(scope, paths.forwardAuth, async (request, reply) => {
    const client = clientOf(request.raw)
    if (!client.trusted) {
      logUntrusted(request, client)
      return answers.problem(request, reply, 'ERR_ORIGINAL_REQUEST_MISSING')
    }
    const original = readOriginalRequest(client, request.raw.rawHeaders, scheme)
    if (original === undefined) {
      logUnnamed(request)
      return answers.problem(request, reply, 'ERR_ORIGINAL_REQUEST_MISSING')
    }
    if (original.kind === 'refused') {
      const { code, reason } = original
      request.log.info({ code, reason }, 'forward auth refused')
      return answers.problem(request, reply, code)
    }
    const arrival = readOriginalArrival({ ...original, client })
    const verdict = await judge(arrival, request.raw)
    if (verdict.kind !== 'admitted') return refuse(request, reply, arrival, verdict)
    for (const [name, value] of admittedHeaders(forwardAuth, request.raw, verdict.admission)) {
      reply.header(name, value)
    }
    return answers.empty(reply, 'ACCESS_GRANTED', 200)
  })
}

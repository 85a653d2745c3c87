import type { FastifyInstance } from 'fastify'
import { soleHost } from '../arrival.js'
import type { EndpointContext } from '../endpoint-context.js'
import {
  admittedHeaders,
  type ForwardAuth,
  logUntrusted,
  registerSubrequest,
} from '../forward-auth.js'

/**
 * `/ext-authz/…`, for Envoy's HTTP authorization service with that path as prefix: the method, the path after the
 * prefix and the host are those of the request. 200 with the headers to set and the names to remove, else what
 * the client would get if it had come here; Envoy hands that on.
 */
export function registerExtAuthz(
  scope: FastifyInstance,
  context: EndpointContext,
  forwardAuth: ForwardAuth,
): void {
  const { paths, answers } = context
  const { judge, refuse, readOriginalArrival, clientOf, headersToRemove } = forwardAuth

  registerSubrequest(scope, paths.extAuthz, async (request, reply) => {
    const client = clientOf(request.raw)
    if (!client.trusted) {
      logUntrusted(request, client)
      return answers.problem(request, reply, 'ERR_ORIGINAL_REQUEST_MISSING')
    }
    const arrival = readOriginalArrival({
      method: request.method,
      target: request.originalUrl.slice(paths.extAuthz.length),
      // Not X-Forwarded-Host: Envoy passes on what a client says there.
      host: soleHost(request.raw.rawHeaders),
      client,
    })
    const verdict = await judge(arrival, request.raw)
    if (verdict.kind !== 'admitted') return refuse(request, reply, arrival, verdict)

    const admitted = admittedHeaders(forwardAuth, request.raw, verdict.admission)
    for (const [name, value] of admitted) reply.header(name, value)
    reply.header(
      'x-envoy-auth-headers-to-remove',
      headersToRemove(Object.keys(request.raw.headers), admitted).join(),
    )
    return answers.empty(reply, 'ACCESS_GRANTED', 200)
  })
}

import { soleHost } from '../arrival.js'
import type { EndpointContext } from '../endpoint-context.js'
import { admittedHeaders, type ForwardAuth, logUntrusted } from '../forward-auth.js'
import type { DecideSubrequest } from '../subrequests.js'

/**
 * `/ext-authz/…`, for Envoy's HTTP authorization service with that path as prefix: the method, the path after the
 * prefix and the host are those of the request. 200 with the headers to set and the names to remove, else what
 * the client would get if it had come here; Envoy hands that on.
 */
export function createExtAuthz(
  { paths, answers }: EndpointContext,
  forwardAuth: ForwardAuth,
): DecideSubrequest {
  const { judge, refuse, readOriginalArrival, clientOf, headersToRemove } = forwardAuth

  return async function decideExtAuthz(request) {
    const client = clientOf(request)
    if (!client.trusted) {
      return (asked, reply) => {
        logUntrusted(asked, client)
        return answers.problem(asked, reply, 'ERR_ORIGINAL_REQUEST_MISSING')
      }
    }
    const { method = '', url = '' } = request
    const arrival = readOriginalArrival({
      method,
      target: url.slice(paths.extAuthz.length),
      // Not X-Forwarded-Host: Envoy passes on what a client says there.
      host: soleHost(request.rawHeaders),
      client,
    })
    const verdict = await judge(arrival, request)
    if (verdict.kind !== 'admitted') {
      return (asked, reply) => refuse(asked, reply, arrival, verdict)
    }
    const admitted = admittedHeaders(forwardAuth, request, verdict.admission)
    const removed = headersToRemove(Object.keys(request.headers), admitted).join()
    const headers = [...admitted, 'x-envoy-auth-headers-to-remove', removed]
    return { status: 200, headers }
  }
}

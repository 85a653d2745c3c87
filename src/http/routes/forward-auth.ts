import { readOriginalRequest } from '../../access/original-request.js'
import type { EndpointContext } from '../endpoint-context.js'
import { admittedHeaders, type ForwardAuth, logUnnamed, logUntrusted } from '../forward-auth.js'
import type { DecideSubrequest } from '../subrequests.js'

/**
 * `/forward-auth`, for Traefik and Caddy, which hand every refusal on to the client: 200 with the headers to copy
 * into the request, else what the client would get if it had come here, with absolute redirects.
 */
export function createForwardAuth(
  { publicUrl, answers }: EndpointContext,
  forwardAuth: ForwardAuth,
): DecideSubrequest {
  const { judge, refuse, readOriginalArrival, clientOf } = forwardAuth
  const scheme = publicUrl.protocol === 'https:' ? 'https' : 'http'

  return async function decideForwardAuth(request) {
    const client = clientOf(request)
    const original = client.trusted && readOriginalRequest(client, request.rawHeaders, scheme)
    if (original === false || original === undefined) {
      return (asked, reply) => {
        if (original === false) logUntrusted(asked, client)
        else logUnnamed(asked)
        return answers.problem(asked, reply, 'ERR_ORIGINAL_REQUEST_MISSING')
      }
    }
    if (original.kind === 'refused') {
      const { code, reason } = original
      return (asked, reply) => {
        asked.log.info({ code, reason }, 'forward auth refused')
        return answers.problem(asked, reply, code)
      }
    }
    const arrival = readOriginalArrival({ ...original, client })
    const verdict = await judge(arrival, request)
    return verdict.kind === 'admitted'
      ? { status: 200, headers: admittedHeaders(forwardAuth, request, verdict.admission) }
      : (asked, reply) => refuse(asked, reply, arrival, verdict)
  }
}

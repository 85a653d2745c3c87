import type { IncomingMessage } from 'node:http'
import { Http2ServerRequest } from 'node:http2'

/**
 * The connections on which nobody can tell where requests begin or what they mean. They are closed with the answer to the
 * first such request, but what was sent right behind it has been read by then and must not be carried out.
 */
export interface Distrust {
  /** From now on nothing counts that comes behind this request. */
  begin(request: IncomingMessage): void
  /** Whether a request came behind such a one. */
  covers(request: IncomingMessage): boolean
}

export function createDistrust(): Distrust {
  const beginnings = new WeakMap<object, IncomingMessage>()
  return {
    begin(request) {
      // The frames of HTTP/2 leave no doubt of where its other requests are.
      if (request instanceof Http2ServerRequest || beginnings.has(request.socket)) return
      beginnings.set(request.socket, request)
    },
    covers(request) {
      const beginning = beginnings.get(request.socket)
      return beginning !== undefined && beginning !== request
    },
  }
}

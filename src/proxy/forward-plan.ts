import type { Credentials } from './credentials.js'
import type { LiveConnection } from './live-connection.js'
import type { RequestHeaderChanges } from './request-headers.js'
import type { Upstream } from './upstream.js'

/** Where and how a request goes on; whoever decides about the request makes it. */
export interface ForwardPlan extends RequestHeaderChanges {
  readonly upstream: Upstream
  /** Path and query in origin form: every byte as the client sent it, less the prefix that the route strips. */
  readonly target: string
  /** What goes with each attempt besides `addHeaders`; a request with a short body, or none, has a second one. */
  readonly credentials?: Credentials | undefined
  /** Gets hold of the request's WebSocket or event stream, so that it can be closed. */
  readonly onLive?: ((connection: LiveConnection) => void) | undefined
  /**
   * Gets the `WWW-Authenticate` fields of a 401. With true it has answered the request instead, and nothing
   * of the upstream's answer goes to the client.
   */
  readonly answerUnauthorized?: ((challenges: readonly string[]) => boolean) | undefined
}

import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { announcesBody } from '../announces-body.js'
import { createAgents } from './agents.js'
import type { ForwardPlan } from './forward-plan.js'
import { ForwardedRequest, type ForwardingContext } from './forwarded-request.js'
import { hopFieldsOf, maxForwards } from './hop-fields.js'
import { endWithAnswer } from './lingering-close.js'
import { createLiveConnections } from './live-connection.js'
import {
  createRequestHeaders,
  type RequestHeaderChanges,
  type RequestHeaderRules,
} from './request-headers.js'
import { createResponseHeaders, type ResponseHeaderRules } from './response-headers.js'
import { UpstreamError } from './upstream-errors.js'
import { createVia } from './via.js'
import { createWebSockets } from './websocket.js'

/** Takes a request with the response to it, as node's servers have them. */
export type TakeRequest = (request: IncomingMessage, response: ServerResponse) => void

export interface ForwarderOptions extends RequestHeaderRules, ResponseHeaderRules {
  /** Answers a request that the upstream did not; the client is still there and nothing was sent to it. */
  readonly onUpstreamError: (
    request: IncomingMessage,
    response: ServerResponse,
    error: UpstreamError,
  ) => void
  /** Answers an OPTIONS that must go no further (RFC 9110 §7.6.2). */
  readonly onFinalRecipient: TakeRequest
  /** Is told how long it took from forwarding a request until the response's headers. */
  readonly onUpstreamResponse?: (durationMs: number) => void
  /** Is told of each response that was passed on as a whole, and when that began, by `performance.now()`. */
  readonly onForwarded?: (
    request: IncomingMessage,
    response: ServerResponse,
    startedAt: number,
  ) => void
}

export interface Forwarder {
  /** Sends a request on, whatever its method, and the upstream's response back; answers it if that cannot be done. */
  forward(request: IncomingMessage, response: ServerResponse, plan: ForwardPlan): void
  /**
   * Takes the upgrades of a server. The opening handshake of a WebSocket comes to `take` like any request, so a
   * refusal is an ordinary answer; any other upgrade is ignored.
   */
  takeUpgrades(server: Server, take: TakeRequest): void
  /** Closes WebSockets and event streams, and from now on whatever becomes one; requests under way finish. */
  closeLive(): void
  /** Breaks off what is still open to upstreams. */
  destroy(): Promise<void>
}

/** Forwards requests to upstreams: methods, paths, headers and bodies as sent, less what HTTP makes hop-by-hop. */
export const createForwarder = (options: ForwarderOptions): Forwarder => {
  const agents = createAgents()
  const liveConnections = createLiveConnections()
  const via = createVia()
  const requestHeaders = createRequestHeaders(options)
  const context: ForwardingContext = {
    rules: options,
    responseHeaders: createResponseHeaders(options),
    agentFor: agents.agentFor,
    headersOf: (request, plan) =>
      requestHeaders(
        request.rawHeaders,
        changesOf(plan),
        hopFieldsOf(request, via, passesTrailers(request, plan)),
      ),
    onLive(plan, connection) {
      plan.onLive?.(connection)
      liveConnections.add(connection)
    },
    fail(request, response, error) {
      if (response.headersSent || response.destroyed) return
      endWithAnswer(request, response)
      options.onUpstreamError(request, response, error)
    },
    onResponse: (durationMs) => options.onUpstreamResponse?.(durationMs),
    onForwarded: (request, response, startedAt) =>
      options.onForwarded?.(request, response, startedAt),
  }
  const webSockets = createWebSockets(context)

  return {
    forward(request, response, plan) {
      if (via.isLoop(request)) {
        const error = new UpstreamError('ERR_UPSTREAM_LOOP', 'it was here before')
        context.fail(request, response, error)
      } else if (request.method === 'TRACE') {
        // it would show the client what Valetkey adds
        const error = new UpstreamError('ERR_UPSTREAM_METHOD', 'TRACE is not forwarded')
        context.fail(request, response, error)
      } else if (maxForwards(request) === 0) {
        options.onFinalRecipient(request, response)
      } else if (webSockets.isHandshake(request)) {
        webSockets.forward(request, response, plan)
      } else {
        new ForwardedRequest(request, response, plan, context).start()
      }
    },
    takeUpgrades: webSockets.takeUpgrades,
    closeLive: liveConnections.shutDown,
    destroy: agents.destroy,
  }
}

/** undici has no way to send them over HTTP/1.1. */
const passesTrailers = (request: IncomingMessage, { upstream }: ForwardPlan): boolean =>
  upstream.http2 && announcesBody(request)

const changesOf = (plan: ForwardPlan): RequestHeaderChanges =>
  plan.credentials
    ? { ...plan, addHeaders: [...plan.addHeaders, ...plan.credentials.headers()] }
    : plan

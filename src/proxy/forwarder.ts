import { METHODS, type IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import httpProxy from '@fastify/http-proxy'
import type { FastifyInstance, FastifyReply, FastifyRequest, preParsingHookHandler } from 'fastify'
import { CodedError } from '../errors.js'
import { createAgents } from './agents.js'
import type { Credentials } from './credentials.js'
import { startExchange, type UpstreamResponse } from './exchange.js'
import { hopFieldsOf, maxForwards } from './hop-fields.js'
import { createKeptBody } from './kept-body.js'
import { createLiveConnections, type LiveConnection } from './live-connection.js'
import { addTrailers, isHttp2 } from './http2-response.js'
import { relayResponse } from './relay-response.js'
import {
  buildRequestHeaders,
  buildRequestTrailers,
  type RequestHeaderChanges,
  type RequestHeaderRules,
} from './request-headers.js'
import { buildResponseTrailers, type ResponseHeaderRules } from './response-headers.js'
import { UpstreamError } from './upstream-errors.js'
import type { Upstream } from './upstream.js'
import { createVia } from './via.js'
import { createWebSockets } from './websocket.js'

declare module 'fastify' {
  interface FastifyRequest {
    /** Where and how this request goes on; whoever decides about the request sets it. */
    forwardPlan: ForwardPlan | undefined
  }
}

export interface ForwardPlan extends RequestHeaderChanges {
  readonly upstream: Upstream
  /** Path and query exactly as the client sent them, in origin form. */
  readonly target: string
  /** What goes with each attempt besides `addHeaders`; a request with a short body, or none, has a second one. */
  readonly credentials?: Credentials | undefined
  /** Gets hold of the request's WebSocket or event stream, so that it can be closed. */
  readonly onLive?: ((connection: LiveConnection) => void) | undefined
  /**
   * Gets the `WWW-Authenticate` fields of a 401. With true it has answered the request instead, and nothing
   * of the upstream's answer goes to the client.
   */
  readonly answerUnauthorized?:
    ((reply: FastifyReply, challenges: readonly string[]) => boolean) | undefined
}

export interface ForwarderOptions extends RequestHeaderRules, ResponseHeaderRules {
  /** Answers a request that the upstream did not; the client is still there and nothing was sent to it. */
  readonly onUpstreamError: (
    request: FastifyRequest,
    reply: FastifyReply,
    error: UpstreamError,
  ) => void
  /** Answers an OPTIONS that must go no further (RFC 9110 §7.6.2). */
  readonly onFinalRecipient: (request: FastifyRequest, reply: FastifyReply) => void
  /** Is told how long it took from forwarding a request until the response's headers. */
  readonly onUpstreamResponse?: (durationMs: number) => void
}

export interface Forwarder {
  /**
   * Makes a scope forward whatever arrives at `/`, by any method, to where `request.forwardPlan` says. The plan is set
   * by an earlier hook of the scope; a request without one fails. When the scope begins to close, so do WebSockets and
   * event streams; requests under way finish.
   */
  register(scope: FastifyInstance): Promise<void>
}

/** How the sending of a request travels through reply-from, which hands its header object on to the dispatcher. */
const sendKey = Symbol('send')

type Send = (callback: ResponseCallback) => void
type ResponseCallback = (
  error: null,
  response: { statusCode: number; headers: Record<string, string>; body: Readable },
) => void

interface Carrier {
  [sendKey]: Send
}

/** Forwards requests to upstreams: methods, paths, headers and bodies as sent, less what HTTP makes hop-by-hop. */
export const createForwarder = (options: ForwarderOptions): Forwarder => {
  const agents = createAgents()
  const liveConnections = createLiveConnections()
  const via = createVia()

  const onLive = (request: FastifyRequest, connection: LiveConnection): void => {
    request.forwardPlan?.onLive?.(connection)
    liveConnections.add(connection)
  }

  const fail = (request: FastifyRequest, reply: FastifyReply, error: UpstreamError): void => {
    if (reply.sent || reply.raw.destroyed) return
    // what is left of the body will not be read, so the connection cannot be used again
    if (!request.raw.complete) reply.header('connection', 'close')
    options.onUpstreamError(request, reply, error)
  }

  const headersOf = ({ raw }: FastifyRequest, plan: ForwardPlan): string[] =>
    buildRequestHeaders(raw.rawHeaders, options, changesOf(plan), hopFieldsOf(raw, via))

  const forwardRequest = (request: FastifyRequest, reply: FastifyReply): void => {
    const plan = planOf(request)
    const startedAt = performance.now()
    let response: UpstreamResponse | undefined

    const sent = hasBody(request.raw) ? request.raw : undefined
    const kept = sent && plan.credentials && createKeptBody()
    const bodyLength = Number(request.raw.headers['content-length'] ?? 0)

    const send = (
      callback: ResponseCallback,
      body: Readable | undefined,
      isSecond = false,
    ): void => {
      const { cancel } = startExchange(
        agents.agentFor(plan.upstream),
        plan.upstream,
        {
          method: request.raw.method ?? 'GET',
          target: plan.target,
          headers: headersOf(request, plan),
          body,
          bodyLength,
          onBodyData: isSecond ? undefined : kept?.take,
          readTrailers: () => buildRequestTrailers(request.raw.rawTrailers, options),
        },
        {
          onResponse: (received) => {
            response = received
            options.onUpstreamResponse?.(performance.now() - startedAt)
            reply.raw.off('close', cancel)
            if (plan.credentials?.learn(received) === true && !isSecond) {
              // of a body that is still on its way, there is nothing to send again
              const again = sent?.readableEnded === true ? kept?.replay() : undefined
              if (sent === undefined || again !== undefined) {
                received.body.destroy()
                send(callback, again, true)
                return
              }
            }
            if (isAnsweredInstead(plan, reply, received)) {
              received.body.destroy()
              return
            }
            callback(null, { statusCode: received.statusCode, headers: {}, body: received.body })
          },
          onBodyAwaited: () => {
            // not by flushHeaders(), which sends bytes beyond ASCII as UTF-8, each made into two;
            // HTTP/2 has sent them already
            if (!isHttp2(reply.raw)) reply.raw.write(nothing)
          },
          onTrailers: (trailers) =>
            addTrailers(reply.raw, buildResponseTrailers(trailers, options)),
          onError: (error) => fail(request, reply, error),
        },
      )
      reply.raw.once('close', cancel)
    }

    reply.from('/', {
      rewriteRequestHeaders: () => carrying((callback) => send(callback, sent)),
      retryDelay: () => null,
      onResponse: () => {
        if (!response) return
        const { idleMs } = plan.upstream.timeouts
        relayResponse(reply, response, options, idleMs, (connection) => onLive(request, connection))
      },
    })
  }

  return {
    register: async (scope) => {
      const webSockets = createWebSockets(scope, { ...options, onLive })
      scope.decorateRequest('forwardPlan', undefined)
      scope.addHook('preParsing', leaveBodyAlone)
      scope.addHook('preClose', (done) => {
        liveConnections.shutDown()
        done()
      })
      scope.addHook('onClose', () => agents.destroy())

      for (const method of forwardedMethods) {
        if (!scope.supportedMethods.includes(method)) scope.addHttpMethod(method)
      }
      await scope.register(httpProxy, {
        // stands in for the upstream, which is another for each plan
        upstream: 'http://upstream.invalid',
        routes: ['/'],
        httpMethods: forwardedMethods,
        internalRewriteLocationHeader: false,
        disableRequestLogging: true,
        undici: dispatcher,
        handler: (request, reply) => {
          if (via.isLoop(request.raw)) {
            fail(request, reply, new UpstreamError('ERR_UPSTREAM_LOOP', 'it was here before'))
          } else if (maxForwards(request.raw) === 0) {
            options.onFinalRecipient(request, reply)
          } else if (webSockets.isHandshake(request)) {
            const plan = planOf(request)
            webSockets.forward(request, reply, plan, () => headersOf(request, plan), fail)
          } else {
            forwardRequest(request, reply)
          }
          return reply
        },
      })
      scope.route({
        method: 'TRACE',
        url: '/',
        handler: (request, reply) => {
          fail(request, reply, new UpstreamError('ERR_UPSTREAM_METHOD', 'TRACE is not forwarded'))
          return reply
        },
      })
    },
  }
}

const planOf = (request: FastifyRequest): ForwardPlan => {
  if (request.forwardPlan) return request.forwardPlan
  throw new CodedError('ERR_FORWARD_PLAN_MISSING', 'a request reached the forwarder without a plan')
}

const changesOf = (plan: ForwardPlan): RequestHeaderChanges =>
  plan.credentials
    ? { ...plan, addHeaders: [...plan.addHeaders, ...plan.credentials.headers()] }
    : plan

const isAnsweredInstead = (
  { answerUnauthorized }: ForwardPlan,
  reply: FastifyReply,
  { statusCode, rawHeaders }: UpstreamResponse,
): boolean => {
  if (statusCode !== 401 || answerUnauthorized === undefined) return false
  const challenges = rawHeaders.filter(
    (_value, index) =>
      rawHeaders[index - 1]?.toLowerCase() === 'www-authenticate' && index % 2 === 1,
  )
  return answerUnauthorized(reply, challenges)
}

const nothing = Buffer.alloc(0)

const carrying = (send: Send): Record<string, string> & Carrier => ({ [sendKey]: send })

/** What reply-from takes for a dispatcher. */
const dispatcher: object = {
  request: ({ headers }: { headers: Carrier }, callback: ResponseCallback) =>
    headers[sendKey](callback),
}

/** CONNECT never gets as far as a route, and TRACE would show the client what Valetkey adds. */
const forwardedMethods = METHODS.filter((method) => method !== 'CONNECT' && method !== 'TRACE')

const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined ||
  (headers['content-length'] !== undefined && headers['content-length'] !== '0')

/** The content type is for the upstream to judge: one that fastify always takes keeps it from refusing the request. */
const leaveBodyAlone: preParsingHookHandler = (request, _reply, payload, done) => {
  if (request.method !== 'GET') request.headers = { 'content-type': 'application/octet-stream' }
  done(null, payload)
}

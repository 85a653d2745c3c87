import type { IncomingMessage, Server } from 'node:http'
import { Http2ServerRequest } from 'node:http2'
import fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify'
import { answerHeaderName } from '../answer-header.js'
import type { Answer, Answers, AnswerWith } from './answers.js'
import type { EndpointContext } from './endpoint-context.js'
import { registerEndpoints, servedPaths, subrequestEndpoints } from './endpoints.js'
import { continueIfAsked } from './expectation.js'
import { createGate, type GateOptions, type TakeRequest } from './gate.js'
import { isGrpcCall } from './grpc.js'
import { type Certificate, createListener, type Listener } from './listener.js'
import { createMalformedAnswers } from './malformed-requests.js'
import { createSubrequestAnswers } from './subrequests.js'
import { bodyDeadlineMs } from './upload-deadline.js'

/** Sends admitted requests to their upstreams. */
export interface Forwarding {
  readonly forward: GateOptions['forward']
  /** Takes the upgrades of the listener; what may be forwarded of them comes to `take`. */
  takeUpgrades(server: Server, take: TakeRequest): void
  closeLive(): void
  destroy(): Promise<void>
}

export interface ServerOptions extends Pick<GateOptions, 'readArrival' | 'judge' | 'refuse'> {
  /** With one the listener speaks TLS. */
  readonly certificate: Certificate | undefined
  readonly logger: FastifyBaseLogger
  readonly newRequestId: () => string
  readonly answers: Answers
  readonly endpoints: EndpointContext
  /** Makes what forwards; it answers what an upstream did not with the function that it gets. */
  readonly createForwarding: (answerWith: AnswerWith) => Forwarding
  /** Is told of each request that an ingress got leave for. */
  readonly onGranted: TakeRequest
  /** Is told of every other answer that was not an upstream's. */
  readonly onAnswered: (request: FastifyRequest, reply: FastifyReply, answer: string) => void
}

/**
 * The public listener: the gate takes all requests. The framework serves Valetkey's own endpoints and makes all answers
 * that are not an upstream's; its reading of paths plays no part for anything but an own endpoint's.
 */
export async function createServer(options: ServerOptions): Promise<FastifyInstance> {
  const { answers, readArrival, endpoints } = options
  const ownPaths = new Set(servedPaths(endpoints))
  const handedOver = new WeakMap<IncomingMessage, Answer>()
  let serveOwn: TakeRequest | undefined
  let listener: Listener | undefined

  const answerWith: AnswerWith = (request, response, answer) => {
    if (response.headersSent || response.destroyed) return
    handedOver.set(request, answer)
    serveOwn?.(request, response)
  }
  const forwarding = options.createForwarding(answerWith)

  const server: FastifyInstance = fastify({
    serverFactory(onRequest) {
      serveOwn = onRequest
      const take = createGate({
        ...options,
        answerWith,
        serveOwn,
        forward: forwarding.forward,
        subrequests: subrequestEndpoints(endpoints),
        extAuthzPath: endpoints.paths.extAuthz,
        answerSubrequest: createSubrequestAnswers({ ...options, answerWith, bodyDeadlineMs }),
      })
      listener = createListener({ onRequest: take, certificate: options.certificate })
      forwarding.takeUpgrades(listener.server, take)
      return listener.server
    },
    loggerInstance: options.logger,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: options.newRequestId,
    rewriteUrl(request) {
      if (handedOver.has(request)) return '/'
      const { path, originForm } = readArrival(request)
      return ownPaths.has(path) ? originForm : endpoints.paths.base
    },
    exposeHeadRoutes: false,
    return503OnClosing: false,
    clientErrorHandler: createMalformedAnswers(options),
  })
  server.decorateRequest('isGrpcCall', false)
  server.addHook('preClose', (done) => {
    listener?.drain()
    forwarding.closeLive()
    done()
  })
  server.addHook('onRequest', async (request, reply) => {
    const answer = handedOver.get(request.raw)
    if (answer === undefined) return
    request.isGrpcCall =
      readArrival(request.raw).location.kind === 'route' && isGrpcCall(request.raw)
    await answer(request, reply)
    return reply
  })
  server.addHook('preParsing', (request, reply, payload, done) => {
    continueIfAsked(request.raw, reply.raw)
    done(null, payload)
  })
  server.addHook('onSend', (request, reply, payload, done) => {
    // A stream of HTTP/2 ends without the connection (RFC 9113 §8.2.2).
    if (request.raw instanceof Http2ServerRequest) reply.removeHeader('connection')
    done(null, payload)
  })
  server.setErrorHandler((error, request, reply) => answers.error(request, reply, error))
  server.setNotFoundHandler((request, reply) => {
    const { path } = readArrival(request.raw)
    if (!ownPaths.has(path)) return answers.problem(request, reply, 'ERR_ROUTE_NOT_FOUND')
    const allowed = ['GET', 'HEAD', 'POST'].filter((method) =>
      server.hasRoute({ url: path, method }),
    )
    return answers.problem(request, reply, 'ERR_METHOD_NOT_ALLOWED', {
      headers: { allow: allowed.join(', ') },
    })
  })
  server.addHook('onResponse', (request, reply, done) => {
    options.onAnswered(request, reply, String(reply.getHeader(answerHeaderName)))
    done()
  })

  await server.register((scope) => registerEndpoints(scope, endpoints))
  await server.register(async (scope) => {
    scope.addHook('onClose', () => forwarding.destroy())
  })
  return server
}

import type { IncomingMessage } from 'node:http'
import { Http2ServerRequest } from 'node:http2'
import fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify'
import { parseRequestTarget } from '../access/request-target.js'
import type { Answers } from './answers.js'
import type { ReadArrival } from './arrival.js'
import { createDistrust } from './distrust.js'
import type { EndpointContext } from './endpoint-context.js'
import { registerEndpoints, servedPaths } from './endpoints.js'
import type { Gate } from './gate.js'
import type { Admission } from './verdict.js'
import { isGrpcCall } from './grpc.js'
import { type Certificate, createListener, type Listener } from './listener.js'
import { answerMalformed } from './malformed-requests.js'
import { messageFault } from './message-fault.js'

export interface ServerOptions {
  /** With one the listener speaks TLS. */
  readonly certificate: Certificate | undefined
  readonly logger: FastifyBaseLogger
  readonly newRequestId: () => string
  readonly readArrival: ReadArrival
  readonly gate: Gate
  readonly answers: Answers
  readonly endpoints: EndpointContext
  /** Makes a scope forward what the gate admits at `/`. */
  readonly registerForwarder: (scope: FastifyInstance) => Promise<void>
  /** Prepares an admitted request for the forwarder. */
  readonly onAdmission: (request: FastifyRequest, admission: Admission) => void
  /** Is told of every finished answer; `proxied` is the upstream's. */
  readonly onAnswered: (request: FastifyRequest, reply: FastifyReply, answer: string) => void
}

/**
 * The public listener: Valetkey's own endpoints, and everything else through the gate.
 *
 * Whatever is not an own endpoint is routed as `/`, so that the framework's reading of paths plays no
 * part; the gate's reading, made before, is the only one.
 */
export async function createServer(options: ServerOptions): Promise<FastifyInstance> {
  const { answers, readArrival, endpoints } = options
  const ownPaths = new Set(servedPaths(endpoints))

  const distrust = createDistrust()
  let listener: Listener | undefined
  const server: FastifyInstance = fastify({
    serverFactory(onRequest) {
      listener = createListener({ onRequest, certificate: options.certificate })
      return listener.server
    },
    loggerInstance: options.logger,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: options.newRequestId,
    rewriteUrl(request) {
      // What follows the prefix is another request's target, whose readings are that one's alone.
      if (staysBelow(request, endpoints.paths.extAuthz)) return endpoints.paths.extAuthz
      const { location, path, originForm } = readArrival(request)
      if (location.kind === 'refused') distrust.begin(request)
      if (location.kind !== 'own') return '/'
      return ownPaths.has(path) ? originForm : endpoints.paths.base
    },
    exposeHeadRoutes: false,
    return503OnClosing: false,
    clientErrorHandler: answerMalformed,
  })
  server.decorateRequest('isGrpcCall', false)
  server.addHook('preClose', (done) => {
    listener?.drain()
    done()
  })
  server.addHook('onRequest', (request, reply, done) => {
    if (distrust.covers(request.raw)) {
      reply.hijack()
      return
    }
    const fault = messageFault(request.raw)
    if (fault === undefined) {
      done()
      return
    }
    distrust.begin(request.raw)
    answers.problem(request, reply, fault, { headers: { connection: 'close' } })
  })
  server.addHook('preParsing', (request, reply, payload, done) => {
    const { headers, httpVersion } = request.raw
    if (headers.expect !== undefined && httpVersion !== '1.0') reply.raw.writeContinue()
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
    const allowed = ['GET', 'POST'].filter((method) => server.hasRoute({ url: path, method }))
    return answers.problem(request, reply, 'ERR_METHOD_NOT_ALLOWED', {
      headers: { allow: allowed.join(', ') },
    })
  })
  server.addHook('onResponse', (request, reply, done) => {
    options.onAnswered(request, reply, String(reply.getHeader('x-valetkey-answer') ?? 'proxied'))
    done()
  })

  await server.register((scope) => registerEndpoints(scope, endpoints))
  await server.register(async (scope) => {
    scope.addHook('onRequest', async (request, reply) => {
      const arrival = readArrival(request.raw)
      request.isGrpcCall = arrival.location.kind === 'route' && isGrpcCall(request.raw)
      const admission = await options.gate(request, reply, arrival)
      if (admission === undefined) return reply
      options.onAdmission(request, admission)
    })
    await options.registerForwarder(scope)
  })
  return server
}

/**
 * Whether a target leads below a path however it is read: an ingress that keeps clients away from there may take
 * `/path/../page` for `/page`, and send it on as it came.
 */
function staysBelow({ method = '', url = '' }: IncomingMessage, path: string): boolean {
  if (!url.startsWith(`${path}/`)) return false
  const target = parseRequestTarget({ method, target: url, host: '' })
  return (
    target.kind === 'target' &&
    target.readings.every((reading) => reading === path || reading.startsWith(`${path}/`))
  )
}

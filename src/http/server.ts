import type { IncomingMessage, ServerResponse } from 'node:http'
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
import type { EndpointContext } from './endpoint-context.js'
import { registerEndpoints, servedPaths } from './endpoints.js'
import type { Gate } from './gate.js'
import type { Admission } from './judge.js'
import { answerMalformed } from './malformed-requests.js'

export interface ServerOptions {
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

// A client that takes longer to send a request's headers is none.
const headersTimeoutMs = 30_000

/**
 * The public listener: Valetkey's own endpoints, and everything else through the gate.
 *
 * Whatever is not an own endpoint is routed as `/`, so that the framework's reading of paths plays no
 * part; the gate's reading, made before, is the only one.
 */
export async function createServer(options: ServerOptions): Promise<FastifyInstance> {
  const { answers, readArrival, endpoints } = options
  const ownPaths = new Set(servedPaths(endpoints.paths))

  const server: FastifyInstance = fastify({
    loggerInstance: options.logger,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: options.newRequestId,
    rewriteUrl(request) {
      // What follows the prefix is another request's target, whose readings are that one's alone.
      if (staysBelow(request, endpoints.paths.extAuthz)) return endpoints.paths.extAuthz
      const { location, path, originForm } = readArrival(request)
      if (location.kind !== 'own') return '/'
      return ownPaths.has(path) ? originForm : endpoints.paths.base
    },
    exposeHeadRoutes: false,
    // No limit for a request as a whole: a slow upload is the upstream's to judge.
    requestTimeout: 0,
    // A request without a host is refused like one with several, by the gate.
    http: { headersTimeout: headersTimeoutMs, requireHostHeader: false },
    return503OnClosing: false,
    clientErrorHandler: answerMalformed,
  })
  // RFC 9110 §10.1.1: a client that asks before it sends a body hears of a refusal instead, and what an
  // unknown expectation means is left to us; `Expect` is not passed on.
  for (const event of ['checkContinue', 'checkExpectation']) {
    server.server.on(event, (request: IncomingMessage, response: ServerResponse) => {
      server.routing(request, response)
    })
  }
  server.addHook('preParsing', (request, reply, payload, done) => {
    if (/^100-continue$/i.test(request.raw.headers.expect ?? '')) reply.raw.writeContinue()
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
      const admission = await options.gate(request, reply, readArrival(request.raw))
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

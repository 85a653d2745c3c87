import type { Socket } from 'node:net'
import fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify'
import { createRequestIds } from '../telemetry/request-id.js'
import { sendProblem } from './problem.js'
import { registerSessions, type SessionsOptions } from './sessions.js'

/** Why a component is not ready, in words for an operator. */
export interface Unreadiness {
  readonly component: string
  readonly reason: string
}

export interface AdminOptions {
  readonly logger: FastifyBaseLogger
  /** What stands in the way of taking requests; empty when nothing does. */
  readonly unreadiness: () => Promise<readonly Unreadiness[]>
  /** What an operator should know although requests are taken. */
  readonly warnings?: () => readonly Unreadiness[]
  readonly metrics: { readonly contentType: string; render(): Promise<string> }
  readonly sessions: SessionsOptions
  /** Answers bytes that are no HTTP request. */
  readonly answerMalformed: (error: Error, socket: Socket) => void
}

/**
 * Makes the admin listener: `/healthz` while the process lives, `/readyz` with the reasons when it
 * should get no requests, `/metrics` for Prometheus. These hold nothing of any person and need no token,
 * which `/sessions` does.
 */
export function createAdmin(options: AdminOptions): FastifyInstance {
  const admin = fastify({
    loggerInstance: options.logger,
    logController: new LogController({ disableRequestLogging: true }),
    // Probes and scrapers keep connections open; closing must not wait for them.
    forceCloseConnections: true,
    bodyLimit: 16 * 1024,
    requestTimeout: 10_000,
    genReqId: createRequestIds(),
    clientErrorHandler: options.answerMalformed,
    // What the framework refuses before it has looked for a route, such as a path that cannot be decoded.
    frameworkErrors(error, request, reply) {
      keepFromOthers(reply)
      answerError(error, request, reply)
    },
  })

  admin.addHook('onRequest', async (_request, reply) => {
    keepFromOthers(reply)
  })
  admin.setNotFoundHandler((_request, reply) =>
    sendProblem(reply, {
      status: 404,
      code: 'ERR_ROUTE_NOT_FOUND',
      detail: 'there is nothing at this address, or not for this method',
    }),
  )
  admin.setErrorHandler(answerError)

  admin.get('/healthz', () => ({ healthy: true }))

  admin.get('/readyz', async (_request, reply) => {
    const reasons = await options.unreadiness()
    return reply
      .code(reasons.length === 0 ? 200 : 503)
      .send({ ready: reasons.length === 0, reasons, warnings: options.warnings?.() ?? [] })
  })

  admin.get('/metrics', async (_request, reply) =>
    reply.type(options.metrics.contentType).send(await options.metrics.render()),
  )

  registerSessions(admin, options.sessions)

  return admin
}

function keepFromOthers(reply: FastifyReply): void {
  reply.headers({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' })
}

function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const status = error instanceof Error && 'statusCode' in error ? error.statusCode : undefined
  if (typeof status === 'number' && status >= 400 && status < 500) {
    const detail = 'the request cannot be read'
    return sendProblem(reply, { status, code: 'ERR_REQUEST', detail })
  }
  request.log.error({ err: error }, 'admin request failed')
  const detail = 'an unexpected error happened; the log has it under the request id'
  return sendProblem(reply, { status: 500, code: 'ERR_INTERNAL', detail })
}

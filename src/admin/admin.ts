import fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify'

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
}

/**
 * Makes the admin listener: `/healthz` while the process lives, `/readyz` with the reasons when it
 * should get no requests, `/metrics` for Prometheus. These hold nothing of any person and need no token.
 */
export function createAdmin(options: AdminOptions): FastifyInstance {
  const admin = fastify({
    loggerInstance: options.logger,
    logController: new LogController({ disableRequestLogging: true }),
    // Probes and scrapers keep connections open; closing must not wait for them.
    forceCloseConnections: true,
    bodyLimit: 16 * 1024,
    requestTimeout: 10_000,
  })

  admin.addHook('onRequest', async (_request, reply) => {
    reply.headers({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' })
  })
  admin.setNotFoundHandler((_request, reply) =>
    reply.code(404).send({ code: 'ERR_ROUTE_NOT_FOUND' }),
  )
  admin.setErrorHandler((error, request, reply) => {
    request.log.error({ err: error }, 'admin request failed')
    return reply.code(500).send({ code: 'ERR_INTERNAL' })
  })

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

  return admin
}

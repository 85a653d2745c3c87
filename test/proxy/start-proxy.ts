import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { createForwarder, type ForwardPlan } from '../../src/proxy/forwarder.js'
import type { LiveConnection } from '../../src/proxy/live-connection.js'
import type { UpstreamError } from '../../src/proxy/upstream-errors.js'
import {
  createUpstream,
  type UpstreamSettings,
  type UpstreamTimeouts,
} from '../../src/proxy/upstream.js'

export interface Proxy {
  readonly url: string
  readonly port: number
  readonly app: FastifyInstance
  readonly errors: UpstreamError[]
  /** The WebSockets and event streams that were let through. */
  readonly live: LiveConnection[]
  /** The status of each answer that fastify's hooks were told of. */
  readonly answered: number[]
}

export interface ProxyOptions {
  plan?: Partial<ForwardPlan>
  /** Forgets to set the plan. */
  noPlan?: boolean
  timeouts?: Partial<UpstreamTimeouts>
  maxBodyBytes?: number
  /** Stands for the gate: may answer instead. */
  refuse?: (request: FastifyRequest, reply: FastifyReply) => number | undefined
}

/** A server whose every request goes to the upstream, with the names that Valetkey reserves. */
export const startProxy = async (
  t: { teardown: (close: () => Promise<void>) => void },
  place: string | UpstreamSettings,
  { plan, noPlan, timeouts, maxBodyBytes, refuse }: ProxyOptions = {},
): Promise<Proxy> => {
  const upstream = createUpstream(
    place,
    { connectMs: 5_000, responseMs: 60_000, idleMs: 300_000, ...timeouts },
    maxBodyBytes,
  )
  const errors: UpstreamError[] = []
  const live: LiveConnection[] = []
  const answered: number[] = []
  const forwarder = createForwarder({
    isReservedHeader: (name) =>
      ['x-forwarded-user', 'x-valetkey-assertion', 'x-auth-request-user'].includes(name),
    isAnswerHeader: (name) => name === 'x-valetkey-answer',
    isOwnCookie: (name) => name === '__Host-valetkey' || name.startsWith('__Host-valetkey-login-'),
    onFinalRecipient: (_request, reply) => void reply.code(204).send(),
    onUpstreamError: (_request, reply, error) => {
      errors.push(error)
      void reply.code(error.statusCode).send({ code: error.code })
    },
  })

  const app = Fastify({ rewriteUrl: () => '/', forceCloseConnections: 'idle' })
  t.teardown(() => app.close())
  await app.register(async (scope) => {
    scope.addHook('onRequest', (request, reply, done) => {
      const status = refuse?.(request, reply)
      if (status !== undefined) {
        void reply.code(status).send({ refused: true })
        return
      }
      if (noPlan) {
        done()
        return
      }
      request.forwardPlan = {
        upstream,
        target: request.originalUrl,
        addHeaders: [],
        passAuthorization: false,
        onLive: (connection) => live.push(connection),
        ...plan,
      }
      done()
    })
    scope.addHook('onResponse', (_request, reply, done) => {
      answered.push(reply.statusCode)
      done()
    })
    await forwarder.register(scope)
  })
  await app.listen({ host: '127.0.0.1', port: 0 })
  const [address] = app.addresses()
  const port = typeof address === 'object' ? address.port : 0
  return { url: `http://127.0.0.1:${port}`, port, app, errors, live, answered }
}

import type { FastifyRequest } from 'fastify'
import { forwardingHeaders } from '../access/forwarded.js'
import type { CompiledRoute } from '../access/route-table.js'
import type { RouteConfig } from '../config/schema.js'
import type { BearerCaller } from '../http/bearer.js'
import type { Admission } from '../http/judge.js'
import type { ForwardPlan } from '../proxy/forwarder.js'
import type { LiveConnection } from '../proxy/live-connection.js'
import { createUpstream, type Upstream } from '../proxy/upstream.js'
import type { LiveSession } from '../session/sessions.js'
import type { CallerHeaders } from './caller-headers.js'

/** Turns what the gate admitted into what the forwarder needs. */
export type PlanForward = (request: FastifyRequest, admission: Admission) => ForwardPlan

export function createForwardPlans(options: {
  readonly routes: readonly CompiledRoute[]
  /** The scheme of the public URL, which is what the browser used unless a trusted proxy says otherwise. */
  readonly scheme: string
  readonly callerHeaders: CallerHeaders
  /** Ties a WebSocket or an event stream to the session that it was opened with. */
  readonly closeWithSession: (live: LiveSession, connection: LiveConnection) => void
  /** Ties one to the access token that it was opened with. */
  readonly closeAtExpiry: (bearer: BearerCaller, connection: LiveConnection) => void
}): PlanForward {
  const { scheme, callerHeaders, closeWithSession, closeAtExpiry } = options
  const upstreams = new Map(
    options.routes.map(({ config }) => [config, upstreamOf(config)] as const),
  )

  function onLive({ live, bearer }: Admission): ForwardPlan['onLive'] {
    if (live !== undefined) return (connection) => closeWithSession(live, connection)
    return bearer && ((connection) => closeAtExpiry(bearer, connection))
  }

  return function planForward(request, admission) {
    const { arrival, route } = admission
    const { config } = route
    const upstream = upstreams.get(config)
    if (upstream === undefined) throw new Error('a route that was not compiled')
    const host = request.raw.headers.host ?? ''
    const forwarding = forwardingHeaders(arrival.client, { scheme, host })
    return {
      upstream,
      target: arrival.originForm,
      onLive: onLive(admission),
      passAuthorization: config.forward.clientAuthorization === 'pass',
      addHeaders: [...forwarding, ...callerHeaders(admission)],
    }
  }
}

function upstreamOf({ upstream, timeouts }: RouteConfig): Upstream {
  return createUpstream(upstream, {
    connectMs: timeouts.connect,
    responseMs: timeouts.response,
    idleMs: timeouts.idle,
  })
}

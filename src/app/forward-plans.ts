import type { IncomingMessage, ServerResponse } from 'node:http'
import { forwardingHeaders } from '../access/forwarded.js'
import type { CompiledRoute } from '../access/route-table.js'
import { withoutPrefix } from '../access/sent-path.js'
import type { RouteConfig } from '../config/schema.js'
import type { BearerCaller } from '../http/bearer.js'
import type { Admission } from '../http/verdict.js'
import type { AnswerWith } from '../http/answers.js'
import type { FindChallengeAnswer } from '../http/upstream-challenge.js'
import type { ForwardPlan } from '../proxy/forward-plan.js'
import type { LiveConnection } from '../proxy/live-connection.js'
import { createUpstream, type Upstream } from '../proxy/upstream.js'
import type { RawHeaders } from '../raw-headers.js'
import type { LiveSession } from '../session/sessions.js'
import type { CallerHeaders } from './caller-headers.js'
import type { ProveToUpstream } from './upstream-proofs.js'

/** Turns what the gate admitted into what the forwarder needs. */
export type PlanForward = (
  request: IncomingMessage,
  response: ServerResponse,
  admission: Admission,
) => ForwardPlan

export function createForwardPlans(options: {
  readonly routes: readonly CompiledRoute[]
  /** The scheme of the public URL, which is what the browser used unless a trusted proxy says otherwise. */
  readonly scheme: string
  readonly callerHeaders: CallerHeaders
  readonly proveToUpstream: ProveToUpstream
  /** Ties a WebSocket or an event stream to the session that it was opened with. */
  readonly closeWithSession: (live: LiveSession, connection: LiveConnection) => void
  readonly findChallengeAnswer: FindChallengeAnswer
  readonly answerWith: AnswerWith
  /** Ties a WebSocket or an event stream to the access token that it was opened with. */
  readonly closeAtExpiry: (bearer: BearerCaller, connection: LiveConnection) => void
}): PlanForward {
  const { scheme, callerHeaders, proveToUpstream, closeWithSession } = options
  const { closeAtExpiry, findChallengeAnswer, answerWith } = options
  const ways = new Map(
    options.routes.map(({ config }) => {
      const upstream = upstreamOf(config)
      return [config, { upstream, headers: routeHeaders(config, upstream) }] as const
    }),
  )

  function onLive({ live, bearer }: Admission): ForwardPlan['onLive'] {
    if (live !== undefined) return (connection) => closeWithSession(live, connection)
    return bearer && ((connection) => closeAtExpiry(bearer, connection))
  }

  return function planForward(request, response, admission) {
    const { arrival, route, live, upstreamToken } = admission
    const { config } = route
    const way = ways.get(config)
    if (way === undefined) throw new Error('a route that was not compiled')
    const { stripPrefix, accessToken, tokenExchange } = config.forward
    const host = request.headers.host ?? ''
    const { method } = arrival.facts
    const target =
      stripPrefix === undefined
        ? arrival.originForm
        : withoutPrefix(arrival.originForm, stripPrefix)
    const sent = tokenExchange === undefined ? live?.session.tokens : upstreamToken
    return {
      upstream: way.upstream,
      target,
      credentials:
        sent && accessToken === 'bearer'
          ? proveToUpstream(sent, way.upstream, { method, target })
          : undefined,
      onLive: onLive(admission),
      answerUnauthorized:
        live &&
        ((challenges) => {
          const answer = findChallengeAnswer({ request, admission, live, challenges })
          if (answer !== undefined) answerWith(request, response, answer)
          return answer !== undefined
        }),
      passAuthorization: config.forward.clientAuthorization === 'pass',
      addHeaders: [
        ...forwardingHeaders(arrival.client, { scheme, host }),
        ...way.headers,
        ...callerHeaders(admission),
      ],
    }
  }
}

function upstreamOf({ upstream, timeouts, maxBodyBytes }: RouteConfig): Upstream {
  const { connect, response, idle } = timeouts
  return createUpstream(
    upstream,
    { connectMs: connect, responseMs: response, idleMs: idle },
    maxBodyBytes,
  )
}

/** What the route changes about host and path, and what tells the application of it. */
function routeHeaders({ forward }: RouteConfig, { origin }: Upstream): RawHeaders {
  const headers: string[] = []
  if (forward.host !== 'keep') {
    headers.push('Host', forward.host === 'upstream' ? new URL(origin).host : forward.host)
  }
  if (forward.stripPrefix !== undefined) headers.push('X-Forwarded-Prefix', forward.stripPrefix)
  return headers
}

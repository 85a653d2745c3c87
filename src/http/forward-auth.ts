import type { IncomingMessage } from 'node:http'
import type { FastifyRequest } from 'fastify'
import type { ClientFacts } from '../access/forwarded.js'
import { byNginx, byTraefik } from '../access/original-request.js'
import type { CompiledRoute } from '../access/route-table.js'
import type { Missing, Rule } from '../access/rules.js'
import type { HeadersToRemove } from '../identity/headers-to-remove.js'
import { namesIn, type RawHeaders } from '../raw-headers.js'
import type { Identity } from '../session/session.js'
import type { ReadOriginalArrival, SentHeaders } from './arrival.js'
import type { Judge } from './judge.js'
import type { Refuse } from './refusals.js'
import type { Admission } from './verdict.js'

/** What the endpoints need that an ingress asks before it lets a request through. */
export interface ForwardAuth {
  readonly judge: Judge
  readonly readOriginalArrival: ReadOriginalArrival
  readonly refuse: Refuse
  /** Stands for the routes where nobody says which request is meant, and any session will do. */
  readonly anySession: CompiledRoute
  /** Whether any route requires more than a session. */
  readonly hasRules: boolean
  clientOf(request: IncomingMessage): ClientFacts
  /** What an upstream is told about who makes the request. */
  callerHeaders(admission: Admission): RawHeaders
  /** What of a constraint they lack who were admitted. */
  missing(constraint: Rule, identity: Identity, admission: Admission): readonly Missing[]
  readonly headersToRemove: HeadersToRemove
  /** The cookies of a request without Valetkey's own; undefined when none remain. */
  withoutOwnCookies(cookie: string): string | undefined
}

/**
 * The headers that the ingress is to put in the place of the client's before it sends an admitted request on:
 * who it is, the cookies without Valetkey's own, and the client's own Authorization where the route passes it.
 */
export function admittedHeaders(
  { callerHeaders, withoutOwnCookies }: ForwardAuth,
  { headers }: SentHeaders,
  admission: Admission,
): RawHeaders {
  const admitted = [...callerHeaders(admission)]
  // Whoever else asks may be a script in the browser, which must not see what HttpOnly keeps from it.
  if (!admission.arrival.client.trusted) return admitted
  const { authorization, cookie } = headers
  const passesAuthorization = admission.route.config.forward.clientAuthorization === 'pass'
  if (passesAuthorization && authorization !== undefined && !hasAuthorization(admitted)) {
    admitted.push('Authorization', authorization)
  }
  const cookies = cookie === undefined ? undefined : withoutOwnCookies(cookie)
  if (cookies !== undefined) admitted.push('Cookie', cookies)
  return admitted
}

const hasAuthorization = (headers: RawHeaders) => namesIn(headers).includes('Authorization')

/** Tells the operator why a peer that asks is not answered; the fault is one of configuration. */
export function logUntrusted(request: FastifyRequest, { clientAddress }: ClientFacts): void {
  request.log.warn(
    { peer: clientAddress },
    'trustedProxies does not list the peer that asks, so what it says about the request counts for nothing',
  )
}

/** Tells the operator that a session alone let somebody through, though the configuration asks for more elsewhere. */
export function logWithoutRules(request: FastifyRequest, { clientAddress }: ClientFacts): void {
  request.log.warn(
    { peer: clientAddress },
    'trustedProxies does not list the peer that asks, so any session is enough and the rules of routes do not count',
  )
}

export function logUnnamed(request: FastifyRequest): void {
  request.log.warn(
    { peer: request.raw.socket.remoteAddress },
    'a peer in trustedProxies must say which request it asks about: X-Original-URL and X-Original-Method, or X-Forwarded-Uri and X-Forwarded-Method',
  )
}

/** Whether a subrequest means to say which request it asks about. */
export const namesRequest = ({ headers }: IncomingMessage): boolean =>
  headers[byNginx.target] !== undefined || headers[byTraefik.target] !== undefined

import type { IncomingMessage } from 'node:http'
import type { ClientFacts } from '../access/forwarded.js'
import { parseHost } from '../access/host.js'
import type { RequestFacts } from '../access/request-facts.js'
import { parseRequestTarget, type RefusedTarget } from '../access/request-target.js'
import type { Location, RouteTable } from '../access/route-table.js'

/** A request as plain facts, read once, before anything is decided. */
export interface Arrival {
  readonly facts: RequestFacts
  readonly client: ClientFacts
  /** Path and query as sent, in origin form; empty when the target was refused. */
  readonly originForm: string
  /** The path as sent; empty when the target was refused. */
  readonly path: string
  readonly location: Location
  /** Whether an ingress asks about the request, which it is going to answer itself or send elsewhere. */
  readonly isSubrequest: boolean
}

/** A request that an ingress asks about. */
export interface Asked {
  readonly method: string
  /** As sent by the client. */
  readonly target: string
  /** As the client named it; no plain host refuses the request. */
  readonly host: string | undefined
  readonly client: ClientFacts
}

export interface ArrivalOptions {
  readonly routes: RouteTable
  readonly clientFacts: (
    remoteAddress: string | undefined,
    rawHeaders: readonly string[],
  ) => ClientFacts
}

/**
 * Without one plain host nobody can tell which route the upstream would see (RFC 9112 §3.2). That holds
 * for HTTP/1.0 as well: the upstream gets HTTP/1.1, where a host stands in for the missing one.
 */
const unclearHost: RefusedTarget = {
  kind: 'refused',
  code: 'ERR_REQUEST_TARGET_HOST',
  reason: 'there is not exactly one Host header with a plain host',
}

/** Reads the facts of a request; the same object however often it is asked. */
export type ReadArrival = (request: IncomingMessage) => Arrival

/** Reads what an ingress asks about in the same way as a request that arrives itself. */
export type ReadAsked = (asked: Asked) => Arrival

export function createReadAsked(routes: RouteTable): ReadAsked {
  return ({ method, target: raw, host, client: told }) => {
    const named = parseHost(host)
    const { clientAddress } = told
    // What else the subrequest says of a host may be the client's invention, or that of the decision point.
    const client = host === undefined ? told : { ...told, host }
    const facts: RequestFacts = { method, target: raw, host: named?.name ?? '', clientAddress }
    const target = named === undefined ? unclearHost : parseRequestTarget(facts)
    if (target.kind === 'refused') {
      return { facts, client, originForm: '', path: '', location: target, isSubrequest: true }
    }
    const { originForm, path } = target
    const location = routes.locate(facts, target)
    return { facts, client, originForm, path, location, isSubrequest: true }
  }
}

export function createArrivals({ routes, clientFacts }: ArrivalOptions): ReadArrival {
  const arrivals = new WeakMap<IncomingMessage, Arrival>()
  const isSubrequest = false

  function readOnce(request: IncomingMessage): Arrival {
    const client = clientFacts(request.socket.remoteAddress, request.rawHeaders)
    const named = parseHost(soleHost(request.rawHeaders))
    const facts: RequestFacts = {
      method: request.method ?? '',
      target: request.url ?? '',
      host: parseHost(client.host)?.name ?? named?.name ?? '',
      clientAddress: client.clientAddress,
    }
    const target = named === undefined ? unclearHost : parseRequestTarget(facts)
    if (target.kind === 'refused') {
      return { facts, client, originForm: '', path: '', location: target, isSubrequest }
    }
    const { originForm, path } = target
    const location = routes.locate(facts, target)
    return { facts, client, originForm, path, location, isSubrequest }
  }

  return function readArrival(request) {
    const known = arrivals.get(request)
    if (known !== undefined) return known
    const arrival = readOnce(request)
    arrivals.set(request, arrival)
    return arrival
  }
}

/** The value of the Host header; undefined when there is none, or more than one. */
export function soleHost(rawHeaders: readonly string[]): string | undefined {
  let host: string | undefined
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]
    if (name?.length !== 4 || name.toLowerCase() !== 'host') continue
    if (host !== undefined) return undefined
    host = rawHeaders[index + 1]
  }
  return host
}

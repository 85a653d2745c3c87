import type { IncomingMessage } from 'node:http'
import type { ClientFacts } from '../access/forwarded.js'
import { parseHost } from '../access/host.js'
import type { RequestFacts } from '../access/request-facts.js'
import { parseRequestTarget, type RefusedTarget } from '../access/request-target.js'
import type { Location, RouteTable } from '../access/route-table.js'

/** The headers of a request as they were sent, by whatever protocol. */
export type SentHeaders = Pick<IncomingMessage, 'headers' | 'rawHeaders'>

/** A request as plain facts, read once, before anything is decided. */
export interface Arrival {
  readonly facts: RequestFacts
  readonly client: ClientFacts
  /** Path and query as sent, in origin form; empty when the target was refused. */
  readonly originForm: string
  /** The path as sent; empty when the target was refused. */
  readonly path: string
  readonly location: Location
  /** Whether it is the original request of a subrequest, which the ingress answers or sends on itself. */
  readonly isSubrequest: boolean
}

/** The original request of a subrequest, however the ingress names it. */
export interface Original {
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

/** Reads an original request in the same way as a request that arrives itself. */
export type ReadOriginalArrival = (original: Original) => Arrival

export function createOriginalArrivals(routes: RouteTable): ReadOriginalArrival {
  return function readOriginalArrival({ method, target, host, client: told }) {
    const named = parseHost(host)
    const { clientAddress } = told
    // What else the subrequest says of a host may be the client's invention, or that of the decision point.
    const client = host === undefined ? told : { ...told, host }
    const facts: RequestFacts = { method, target, host: named?.name ?? '', clientAddress }
    const { originForm, path, location } = placeOf(facts, named, routes)
    return { facts, client, isSubrequest: true, originForm, path, location }
  }
}

const arrivalOf = Symbol('arrival')

/** What is read of a request is kept on it: the entry of a WeakMap would outlive it by many a collection. */
type Read = IncomingMessage & { [arrivalOf]?: Arrival }

export function createArrivals({ routes, clientFacts }: ArrivalOptions): ReadArrival {
  function readOnce(request: IncomingMessage): Arrival {
    const client = clientFacts(request.socket.remoteAddress, request.rawHeaders)
    const named = parseHost(soleHost(request.rawHeaders))
    const facts: RequestFacts = {
      method: request.method ?? '',
      target: request.url ?? '',
      host: parseHost(client.host)?.name ?? named?.name ?? '',
      clientAddress: client.clientAddress,
    }
    const { originForm, path, location } = placeOf(facts, named, routes)
    return { facts, client, isSubrequest: false, originForm, path, location }
  }

  return function readArrival(request: Read) {
    request[arrivalOf] ??= readOnce(request)
    return request[arrivalOf]
  }
}

function placeOf(
  facts: RequestFacts,
  named: ReturnType<typeof parseHost>,
  routes: RouteTable,
): Pick<Arrival, 'originForm' | 'path' | 'location'> {
  const target = named === undefined ? unclearHost : parseRequestTarget(facts)
  if (target.kind === 'refused') return { originForm: '', path: '', location: target }
  const { originForm, path } = target
  return { originForm, path, location: routes.locate(facts, target) }
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

import type { IncomingHttpHeaders } from 'node:http'
import { answerHeaderName } from '../answer-header.js'
import type { Arrival } from './arrival.js'
import { type Initiator, initiatorOf } from './navigation.js'

/** What a route says about pages of other origins. */
export interface CrossOrigin {
  readonly origins: readonly string[]
  readonly preflight: 'refuse' | 'pass'
}

// RFC 9110 §9.2.1; TRACE is never forwarded.
const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * Who made the browser send a request that must not act with the session; undefined when it may.
 *
 * What could change something counts, with or without a body, and every WebSocket: its page could read all
 * that comes. A client that says nothing of a page is no browser, and whoever drives it has the ticket.
 */
export function findForeignInitiator(
  { facts, client }: Arrival,
  headers: IncomingHttpHeaders,
  publicUrl: URL,
  { origins }: CrossOrigin,
): Initiator | undefined {
  if (safeMethods.has(facts.method) && !isWebSocket(headers)) return undefined
  const scheme = client.scheme ?? publicUrl.protocol.slice(0, -1)
  const own = `${scheme}://${client.host ?? headers.host ?? ''}`.toLowerCase()
  const initiator = initiatorOf(headers, publicUrl.origin, own)
  if (initiator !== 'cross-site' && initiator !== 'same-site') return undefined
  return isListed(origins, headers.origin) ? undefined : initiator
}

/** An ingress that asks may leave out `Upgrade`, which is about its own connection, and most of what it does not know. */
const isWebSocket = (headers: IncomingHttpHeaders): boolean =>
  headers.upgrade?.toLowerCase() === 'websocket' ||
  headers['sec-websocket-version'] !== undefined ||
  headers['sec-fetch-mode'] === 'websocket'

/** Whether this is a CORS preflight that the route's upstream answers; it never carries a cookie (Fetch §4.8). */
export function isPreflightForUpstream(
  method: string,
  headers: IncomingHttpHeaders,
  { origins, preflight }: CrossOrigin,
): boolean {
  if (method !== 'OPTIONS' || preflight !== 'pass') return false
  if (headers['access-control-request-method'] === undefined) return false
  return headers.origin !== undefined && isListed(origins, headers.origin)
}

/** What lets the page behind a request read an answer of Valetkey's own. */
export function sharingHeaders(
  headers: IncomingHttpHeaders,
  { origins }: CrossOrigin,
): Readonly<Record<string, string>> {
  const { origin } = headers
  if (origin === undefined || !isListed(origins, origin)) return {}
  const exposed = `${answerHeaderName}, Retry-After, WWW-Authenticate`
  const shared = { vary: 'Origin', 'access-control-expose-headers': exposed }
  // Anybody may read what a stranger is told, and nobody unnamed what the person is told.
  if (origins.includes('*')) return { ...shared, 'access-control-allow-origin': '*' }
  return {
    ...shared,
    'access-control-allow-origin': origin,
    'access-control-allow-credentials': 'true',
  }
}

function isListed(origins: readonly string[], origin: string | undefined): boolean {
  return origins.some((entry) => {
    if (entry === '*' || entry === origin) return true
    const [scheme = '', domain] = entry.split('*')
    if (domain === undefined || origin === undefined) return false
    if (!origin.startsWith(scheme) || !origin.endsWith(domain)) return false
    return /^[a-z0-9.-]+$/.test(origin.slice(scheme.length, -domain.length))
  })
}

import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'

/** What of a request tells how it came about. */
export interface RequestOrigin {
  readonly method?: string | undefined
  readonly headers: IncomingHttpHeaders
}

/** How a request came about that arrived, or that an ingress asks about in the client's words. */
export function originOf(
  { raw }: { readonly raw: IncomingMessage },
  { facts }: { readonly facts: { readonly method: string } },
): RequestOrigin {
  return { method: facts.method, headers: raw.headers }
}

/**
 * Whether a person is going to a page, so that a redirect to the provider would be followed and seen.
 *
 * By Fetch Metadata where the user agent sends it. A frame counts when the application frames itself:
 * then the provider may answer without a page. A cross-site frame never could keep the login's cookie.
 * User agents that do not send it (plain http off loopback, old ones) count when they ask for HTML; so
 * do programs that send a part of it, as no browser does: node's fetch has a mode but no site.
 * Prefetches, service workers, favicons and WebSockets start no login.
 */
export function isNavigation({ method, headers }: RequestOrigin): boolean {
  if (method !== 'GET' && method !== 'HEAD') return false
  if (headers.upgrade !== undefined || isPrefetch(headers)) return false
  const site = headers['sec-fetch-site']
  if (site === undefined) return asksForPage(headers)
  if (headers['sec-fetch-mode'] !== 'navigate') return false
  const destination = headers['sec-fetch-dest']
  if (isDocument(destination)) return true
  return isFrame(destination) && site === 'same-origin'
}

/** Whether the answer is going to be read by a person, so that it had better be a page. */
export function prefersPage({ headers }: RequestOrigin): boolean {
  if (headers.upgrade !== undefined) return false
  if (headers['sec-fetch-site'] === undefined) return asksForPage(headers)
  if (headers['sec-fetch-mode'] !== 'navigate') return false
  const destination = headers['sec-fetch-dest']
  return isDocument(destination) || isFrame(destination)
}

/**
 * Who made the browser send this request: a page of the public origin, one of a sibling host
 * (`same-site`), a foreign one, the person (`none`: address bar, bookmark), or it cannot be told.
 */
export type Initiator = 'same-origin' | 'same-site' | 'cross-site' | 'none' | 'unknown'

/** Reads the initiator from Fetch Metadata, else from `Origin`. */
export function initiatorOf(
  headers: IncomingHttpHeaders,
  ...ownOrigins: readonly string[]
): Initiator {
  const site = headers['sec-fetch-site']
  if (site === 'same-origin' || site === 'same-site' || site === 'none') return site
  if (site !== undefined) return 'cross-site'
  if (headers.origin === undefined) return 'unknown'
  return ownOrigins.includes(headers.origin) ? 'same-origin' : 'cross-site'
}

function isDocument(destination: string | string[] | undefined): boolean {
  // A service worker that passes a navigation on empties its destination; no script can send this mode.
  return destination === undefined || destination === 'document' || destination === 'empty'
}

function isFrame(destination: string | string[] | undefined): boolean {
  return destination === 'iframe' || destination === 'frame'
}

/** Whether the browser only guesses that the person will go there. */
export function isPrefetch(headers: IncomingHttpHeaders): boolean {
  return [headers['sec-purpose'], headers['purpose'], headers['x-moz']].some((value) =>
    String(value ?? '')
      .toLowerCase()
      .includes('prefetch'),
  )
}

function asksForPage(headers: IncomingHttpHeaders): boolean {
  if (headers['x-requested-with'] !== undefined || headers['service-worker'] !== undefined) {
    return false
  }
  const accept = headers.accept
  if (accept === undefined || !/text\/html|application\/xhtml\+xml/i.test(accept)) return false
  const page = Math.max(quality(accept, 'text/html'), quality(accept, 'application/xhtml+xml'))
  const json = Math.max(
    quality(accept, 'application/json'),
    quality(accept, 'application/problem+json'),
  )
  return page > 0 && page >= json
}

/** The weight that an Accept header gives to a media type by its full name; 0 when it does not. */
function quality(accept: string, mediaType: string): number {
  for (const range of accept.split(',')) {
    const [name = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase())
    if (name !== mediaType) continue
    const weight = parameters.find((parameter) => parameter.startsWith('q='))
    const value = weight === undefined ? 1 : Number(weight.slice(2))
    return Number.isFinite(value) ? value : 0
  }
  return 0
}

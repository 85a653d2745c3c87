import { isIP } from 'node:net'

/** How long the upstream may take, in milliseconds; 0 is no limit. */
export interface UpstreamTimeouts {
  /** To open a connection. */
  readonly connectMs: number
  /** From the last byte of the request to the response headers. */
  readonly responseMs: number
  /** Between two pieces of a body, in either direction. */
  readonly idleMs: number
}

/** Where the requests of a route go. */
export interface Upstream {
  /** Scheme, host and port. */
  readonly origin: string
  readonly secure: boolean
  /** Without brackets when it is an IPv6 address. */
  readonly hostname: string
  readonly port: number
  /** The name to ask for and to verify under TLS: empty for an address, which is verified as such. */
  readonly serverName: string
  /** What stands before every path: empty, or beginning with a slash and not ending with one. */
  readonly basePath: string
  readonly timeouts: UpstreamTimeouts
}

/**
 * Reads the URL of an upstream once, so that no request has to.
 *
 * @param url an absolute http or https URL; its path, if any, is put before the path of each request
 * @throws TypeError when it is no such URL or has a query, a fragment or credentials
 */
export const createUpstream = (url: string, timeouts: UpstreamTimeouts): Upstream => {
  const { protocol, origin, hostname, port, pathname, search, hash, username, password } = new URL(
    url,
  )
  const secure = protocol === 'https:'
  if (!secure && protocol !== 'http:') throw new TypeError('an upstream URL is http or https')
  if (search || hash || username || password) {
    throw new TypeError('an upstream URL has no query, no fragment and no credentials')
  }
  const bareHostname = hostname.replace(/^\[|\]$/g, '')

  return {
    origin,
    secure,
    hostname: bareHostname,
    port: port === '' ? (secure ? 443 : 80) : Number(port),
    serverName: isIP(bareHostname) === 0 ? bareHostname : '',
    basePath: pathname.replace(/\/+$/, ''),
    timeouts,
  }
}

/** The target to ask the upstream for: the client's bytes, behind the base path (RFC 9110 §7.7). */
export const upstreamTarget = (upstream: Upstream, target: string): string =>
  upstream.basePath + target

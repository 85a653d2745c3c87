import { isIP } from 'node:net'
import { upstreamBasePath } from '../access/sent-path.js'

/** How long the upstream may take, in milliseconds; 0 is no limit. */
export interface UpstreamTimeouts {
  /** To open a connection. */
  readonly connectMs: number
  /** From the last byte of the request to the response headers. */
  readonly responseMs: number
  /** Between two pieces of a body, in either direction. */
  readonly idleMs: number
}

/** What a connection with TLS trusts and shows; the files are read at each connection. */
export interface UpstreamTls {
  /** The authorities (PEM) to trust instead of the system's. */
  readonly caFile?: string | undefined
  /** The name to ask for and to verify instead of that in the URL. */
  readonly serverName?: string | undefined
  /** The client certificate (PEM) and its key. */
  readonly certFile?: string | undefined
  readonly keyFile?: string | undefined
}

export interface UpstreamSettings {
  /** http, https, or unix:/path/to.sock; the path of an http(s) URL is put before that of each request. */
  readonly url: string
  readonly tls?: UpstreamTls | undefined
  /** Whether to speak HTTP/2 there, and nothing else. */
  readonly http2?: boolean | undefined
}

/** Where the requests of a route go. */
export interface Upstream {
  /** Scheme, host and port. */
  readonly origin: string
  readonly secure: boolean
  /** Without brackets when it is an IPv6 address. */
  readonly hostname: string
  readonly port: number
  /** Where a unix socket is; then nothing else is connected to. */
  readonly socketPath: string | undefined
  /** The name to ask for and to verify under TLS: empty for an address, which is verified as such. */
  readonly serverName: string
  readonly tls: UpstreamTls
  readonly http2: boolean
  /** What stands before every path: empty, or beginning with a slash and not ending with one. */
  readonly basePath: string
  readonly timeouts: UpstreamTimeouts
  /** How long the body of a request may be, in bytes. */
  readonly maxBodyBytes: number
}

const unixUrl = /^unix:(?:\/\/)?(\/[^/].*)$/

/**
 * Reads the place of an upstream once, so that no request has to.
 *
 * @throws TypeError when the URL is none of an upstream, or has a query, a fragment or credentials
 */
export const createUpstream = (
  place: string | UpstreamSettings,
  timeouts: UpstreamTimeouts,
  maxBodyBytes = Number.POSITIVE_INFINITY,
): Upstream => {
  const { url, tls = {}, http2 = false } = typeof place === 'string' ? { url: place } : place
  const socketPath = unixUrl.exec(url)?.[1]
  const { protocol, origin, hostname, port, search, hash, username, password } = new URL(
    socketPath === undefined ? url : 'http://localhost',
  )
  const secure = protocol === 'https:'
  if (!secure && protocol !== 'http:') throw new TypeError('an upstream URL is http, https or unix')
  if (search || hash || username || password) {
    throw new TypeError('an upstream URL has no query, no fragment and no credentials')
  }
  const bareHostname = hostname.replace(/^\[|\]$/g, '')

  return {
    origin,
    secure,
    hostname: bareHostname,
    port: port === '' ? (secure ? 443 : 80) : Number(port),
    socketPath,
    serverName: tls.serverName ?? (isIP(bareHostname) === 0 ? bareHostname : ''),
    tls,
    http2,
    basePath: upstreamBasePath(url),
    timeouts,
    maxBodyBytes,
  }
}

/** The target to ask the upstream for: the client's bytes, behind the base path (RFC 9110 §7.7). */
export const upstreamTarget = (upstream: Upstream, target: string): string =>
  upstream.basePath + target

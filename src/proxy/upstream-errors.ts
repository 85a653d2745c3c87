import { errors } from 'undici'
import { CodedError } from '../errors.js'

export type UpstreamErrorCode =
  /** It does not accept connections. */
  | 'ERR_UPSTREAM_REFUSED'
  /** Its name does not resolve or there is no way to its address. */
  | 'ERR_UPSTREAM_UNREACHABLE'
  /** Its certificate or its TLS is not acceptable. */
  | 'ERR_UPSTREAM_TLS'
  /** It broke the connection off. */
  | 'ERR_UPSTREAM_RESET'
  /** It took too long to connect, to answer or to go on. */
  | 'ERR_UPSTREAM_TIMEOUT'
  /** What it answered is not HTTP. */
  | 'ERR_UPSTREAM_MALFORMED'
  /** Forwarding failed for another reason. */
  | 'ERR_UPSTREAM_FAILED'
  /** This process has forwarded the request before (RFC 9110 §7.6.3). */
  | 'ERR_UPSTREAM_LOOP'
  /** The method is never forwarded (RFC 9110 §9.3.8). */
  | 'ERR_UPSTREAM_METHOD'
  /** The request cannot be said in HTTP/2. */
  | 'ERR_REQUEST_HEADERS'
  /** The body of the request is longer than the route takes. */
  | 'ERR_REQUEST_TOO_LARGE'

/** A request that the upstream did not answer. The message is for the log only. */
export class UpstreamError extends CodedError<UpstreamErrorCode> {
  /** What the client is to be answered with. */
  readonly statusCode: 400 | 405 | 413 | 502 | 504 | 508

  constructor(code: UpstreamErrorCode, message: string, options?: ErrorOptions) {
    super(code, message, options)
    this.statusCode = statusCodes[code]
  }
}

const statusCodes = {
  ERR_UPSTREAM_REFUSED: 502,
  ERR_UPSTREAM_UNREACHABLE: 502,
  ERR_UPSTREAM_TLS: 502,
  ERR_UPSTREAM_RESET: 502,
  ERR_UPSTREAM_TIMEOUT: 504,
  ERR_UPSTREAM_MALFORMED: 502,
  ERR_UPSTREAM_FAILED: 502,
  ERR_UPSTREAM_LOOP: 508,
  ERR_UPSTREAM_METHOD: 405,
  ERR_REQUEST_HEADERS: 400,
  ERR_REQUEST_TOO_LARGE: 413,
} as const satisfies Record<UpstreamErrorCode, number>

/** Says in Valetkey's codes what undici, node's sockets or TLS complained about. */
export const toUpstreamError = (cause: unknown): UpstreamError => {
  if (cause instanceof UpstreamError) return cause
  const message = cause instanceof Error ? cause.message : String(cause)
  const code = causeCode(cause)
  return new UpstreamError(classify(code, message, cause), message || code, { cause })
}

const causeCode = (cause: unknown): string =>
  cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : ''

const codes: Readonly<Record<string, UpstreamErrorCode>> = {
  ECONNREFUSED: 'ERR_UPSTREAM_REFUSED',
  EACCES: 'ERR_UPSTREAM_UNREACHABLE',
  EADDRNOTAVAIL: 'ERR_UPSTREAM_UNREACHABLE',
  EAI_AGAIN: 'ERR_UPSTREAM_UNREACHABLE',
  EHOSTDOWN: 'ERR_UPSTREAM_UNREACHABLE',
  EHOSTUNREACH: 'ERR_UPSTREAM_UNREACHABLE',
  ENOENT: 'ERR_UPSTREAM_UNREACHABLE',
  ENETUNREACH: 'ERR_UPSTREAM_UNREACHABLE',
  ENOTFOUND: 'ERR_UPSTREAM_UNREACHABLE',
  ECONNABORTED: 'ERR_UPSTREAM_RESET',
  ECONNRESET: 'ERR_UPSTREAM_RESET',
  EPIPE: 'ERR_UPSTREAM_RESET',
  ETIMEDOUT: 'ERR_UPSTREAM_TIMEOUT',
  UND_ERR_CONNECT_TIMEOUT: 'ERR_UPSTREAM_TIMEOUT',
  UND_ERR_HEADERS_OVERFLOW: 'ERR_UPSTREAM_MALFORMED',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'ERR_UPSTREAM_RESET',
  CERT_HAS_EXPIRED: 'ERR_UPSTREAM_TLS',
  CERT_NOT_YET_VALID: 'ERR_UPSTREAM_TLS',
  ERR_HTTP2_ERROR: 'ERR_UPSTREAM_MALFORMED',
  ERR_HTTP2_SESSION_ERROR: 'ERR_UPSTREAM_RESET',
  ERR_HTTP2_STREAM_CANCEL: 'ERR_UPSTREAM_RESET',
  ERR_HTTP2_STREAM_ERROR: 'ERR_UPSTREAM_RESET',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'ERR_UPSTREAM_TLS',
  EPROTO: 'ERR_UPSTREAM_TLS',
  SELF_SIGNED_CERT_IN_CHAIN: 'ERR_UPSTREAM_TLS',
}

const classify = (code: string, message: string, cause: unknown): UpstreamErrorCode => {
  const known = codes[code]
  if (known !== undefined) return known
  if (/^(ERR_TLS_|ERR_SSL_|CERT_|UNABLE_TO_)/.test(code)) return 'ERR_UPSTREAM_TLS'
  if (code.startsWith('HPE_') || cause instanceof errors.HTTPParserError) {
    // the connection ended in the middle of a message
    return message.includes('EOF') ? 'ERR_UPSTREAM_RESET' : 'ERR_UPSTREAM_MALFORMED'
  }
  if (code === 'UND_ERR_SOCKET') {
    return message.startsWith('bad ') ? 'ERR_UPSTREAM_MALFORMED' : 'ERR_UPSTREAM_RESET'
  }
  return 'ERR_UPSTREAM_FAILED'
}

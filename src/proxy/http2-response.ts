import type { ServerResponse } from 'node:http'
import { constants, Http2ServerResponse } from 'node:http2'

/**
 * The fields of which HTTP/2 as node sends it takes one only. An upstream that repeats one has said a list, to
 * every recipient (RFC 9110 §5.3).
 */
const oneOnly = new Set([
  'access-control-allow-credentials',
  'access-control-max-age',
  'access-control-request-method',
  'age',
  'authorization',
  'content-encoding',
  'content-language',
  'content-length',
  'content-location',
  'content-md5',
  'content-range',
  'content-type',
  'date',
  'dnt',
  'etag',
  'expires',
  'from',
  'host',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'last-modified',
  'location',
  'max-forwards',
  'proxy-authorization',
  'range',
  'referer',
  'retry-after',
  'tk',
  'upgrade-insecure-requests',
  'user-agent',
  'x-content-type-options',
])

/** Whether a response goes to a client that speaks HTTP/2. */
export const isHttp2 = (response: object): boolean => response instanceof Http2ServerResponse

/**
 * Sends a status and fields as `writeHead` does with an array, which not every node does for HTTP/2. A status of gRPC
 * without a body waits for its end: its clients take it from the last fields of a stream only.
 */
export const writeHttp2Head = (
  response: ServerResponse,
  statusCode: number,
  headers: readonly string[],
): void => {
  const fields = new Map<string, string[]>()
  for (let i = 0; i < headers.length; i += 2) {
    const name = (headers[i] ?? '').toLowerCase()
    const values = fields.get(name)
    if (values) values.push(headers[i + 1] ?? '')
    else fields.set(name, [headers[i + 1] ?? ''])
  }
  for (const [name, values] of fields) {
    const isOne = values.length === 1 || oneOnly.has(name)
    response.setHeader(name, isOne ? values.join(', ') : values)
  }
  response.statusCode = statusCode
  if (!fields.has('grpc-status')) response.writeHead(statusCode)
}

/** Has fields follow the body. */
export const addTrailers = (
  response: ServerResponse,
  trailers: readonly [name: string, value: string][],
): void => {
  response.addTrailers(isHttp2(response) ? Object.fromEntries(trailers) : trailers)
}

/** Breaks a response off so that it cannot be taken for whole, and leaves the others of its connection alone. */
export const breakOff = (response: ServerResponse): void => {
  const sent: object = response
  if (sent instanceof Http2ServerResponse) {
    sent.stream.close(constants.NGHTTP2_INTERNAL_ERROR)
    return
  }
  const { socket } = response
  if (socket && 'resetAndDestroy' in socket) socket.resetAndDestroy()
  response.destroy()
}

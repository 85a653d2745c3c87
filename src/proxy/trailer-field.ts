import type { ServerResponse } from 'node:http'
import { firstValueOf } from '../raw-headers.js'

/**
 * The fields of a response to a client of HTTP/1.1, without a `Trailer` where nothing can come behind: to HEAD, with 204
 * and 304, with a length, and under HTTP/1.0. Upstreams send it there all the same, and node refuses to.
 */
export const withoutVainTrailer = (
  response: ServerResponse,
  statusCode: number,
  headers: string[],
): string[] => {
  if (firstValueOf(headers, 'trailer') === undefined) return headers
  const isBare = statusCode === 204 || statusCode === 304 || response.req.method === 'HEAD'
  const isChunked =
    response.useChunkedEncodingByDefault &&
    !isBare &&
    firstValueOf(headers, 'content-length') === undefined
  if (isChunked) return headers
  return headers.filter((_text, index) => headers[index - (index % 2)]?.toLowerCase() !== 'trailer')
}

import { type IncomingMessage, maxHeaderSize } from 'node:http'
import { Http2ServerRequest } from 'node:http2'

/**
 * What forbids to take a request at its word although it could be parsed; undefined for good ones.
 *
 * The parser has refused the other disguises of a body's length: `Content-Length` beside `Transfer-Encoding`, several of
 * either, `chunked` anywhere but at the end, signs, spaces and folded lines.
 */
export function messageFault(
  request: IncomingMessage,
):
  | 'ERR_REQUEST_FRAMING'
  | 'ERR_REQUEST_HEADERS_TOO_LARGE'
  | 'ERR_REQUEST_EXPECTATION'
  | 'ERR_METHOD_NOT_ALLOWED'
  | undefined {
  const { headers, httpVersion } = request
  if (request instanceof Http2ServerRequest) {
    // A client is told of the limit, and held to it by node once it has said that it knows.
    if (lengthOf(request.rawHeaders) > maxHeaderSize) return 'ERR_REQUEST_HEADERS_TOO_LARGE'
  } else if (httpVersion !== '1.1' && httpVersion !== '1.0') {
    // RFC 9112 §2.3: what a later version would frame otherwise is not read by the rules of this one.
    return 'ERR_REQUEST_FRAMING'
  }
  // It asks for a tunnel (RFC 9110 §9.3.6), and what follows it is nobody's request.
  if (request.method === 'CONNECT') return 'ERR_METHOD_NOT_ALLOWED'
  const coding = headers['transfer-encoding']
  if (coding !== undefined) {
    // RFC 9112 §6.1: HTTP/1.0 knows no transfer codings, so somebody on the way may not have seen this one.
    if (httpVersion === '1.0') return 'ERR_REQUEST_FRAMING'
    // The upstream would get the body in the other codings, but no word of them.
    if (coding.toLowerCase() !== 'chunked') return 'ERR_REQUEST_FRAMING'
  }
  if (headers.expect !== undefined && headers.expect.toLowerCase() !== '100-continue') {
    return 'ERR_REQUEST_EXPECTATION'
  }
  return undefined
}

const lengthOf = (texts: readonly string[]): number =>
  texts.reduce((length, text) => length + text.length, 0)

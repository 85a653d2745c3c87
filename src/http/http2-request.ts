import type { Http2ServerRequest } from 'node:http2'

/**
 * Puts the header fields of an HTTP/2 request into the form that they have in HTTP/1.1, in place, so that whoever reads
 * requests needs to know one form only (RFC 9113 §8.3.1): no pseudo-header fields, `Host` from `:authority`, one Cookie
 * line, and `Transfer-Encoding` for a body whose length nobody said.
 *
 * A Host that is not the same as `:authority` stays beside it: a request with two hosts is refused like any other.
 */
export function toHttp1Form({ headers, rawHeaders, stream }: Http2ServerRequest): void {
  const { ':authority': authority } = headers
  const fields: string[] = authority === undefined ? [] : ['Host', authority]
  const cookies: string[] = []

  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] ?? ''
    const value = rawHeaders[i + 1] ?? ''
    if (name.startsWith(':') || (name === 'host' && value === authority)) continue
    if (name === 'cookie') cookies.push(value)
    else fields.push(name, value)
  }
  if (cookies.length > 0) fields.push('Cookie', cookies.join('; '))
  if (!stream.endAfterHeaders && headers['content-length'] === undefined) {
    fields.push('Transfer-Encoding', 'chunked')
    headers['transfer-encoding'] = 'chunked'
  }
  if (authority !== undefined) headers.host = authority
  rawHeaders.splice(0, rawHeaders.length, ...fields)
}

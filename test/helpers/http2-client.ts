import { once } from 'node:events'
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type SecureClientSessionOptions,
} from 'node:http2'
import { text } from 'node:stream/consumers'

export interface Http2Answer {
  readonly headers: IncomingHttpHeaders
  readonly trailers: IncomingHttpHeaders
  readonly body: string
  /** Whether the header fields were all there was. */
  readonly isHeadersOnly: boolean
}

/** Opens a connection that speaks HTTP/2, without asking first over `http:`. */
export async function openHttp2(
  t: { teardown: (close: () => void) => void },
  url: string,
  options: SecureClientSessionOptions = {},
): Promise<ClientHttp2Session> {
  const session = connect(url, options)
  session.on('error', () => undefined)
  t.teardown(() => session.destroy())
  await once(session, 'connect')
  return session
}

/** Sends a request, with a body if there is one, and gives everything that comes. */
export async function askHttp2(
  session: ClientHttp2Session,
  headers: OutgoingHttpHeaders,
  body?: string,
): Promise<Http2Answer> {
  const stream = session.request(headers, { endStream: body === undefined })
  if (body !== undefined) stream.end(body)
  return answerOf(stream)
}

export async function answerOf(stream: ClientHttp2Stream): Promise<Http2Answer> {
  let trailers: IncomingHttpHeaders = {}
  stream.on('trailers', (fields) => {
    trailers = fields
  })
  const [headers, flags]: [IncomingHttpHeaders, number] = await new Promise((resolve, reject) => {
    stream.once('response', (fields, bits) => resolve([fields, bits])).once('error', reject)
    stream.once('close', () => reject(new Error(`closed with ${stream.rstCode}`)))
  })
  const endStream = 1
  return { headers, body: await text(stream), trailers, isHeadersOnly: (flags & endStream) !== 0 }
}

import { STATUS_CODES } from 'node:http'
import { constants, type ClientHttp2Stream, type IncomingHttpHeaders } from 'node:http2'
import { Readable } from 'node:stream'
import type { Dispatcher } from 'undici'
import type { Http2Line } from './http2-agent.js'
import {
  toFields,
  toRequestFields,
  withoutPseudoHeaders,
  withStatusBehind,
} from './http2-fields.js'
import { noteLastRead, tick } from './idle-break.js'
import type { ResponseHandler } from './response-handler.js'
import { toUpstreamError, UpstreamError } from './upstream-errors.js'

export interface Http2Request extends Dispatcher.DispatchOptions {
  /** The name to ask for under TLS. */
  readonly servername: string
  /** The trailers of the body once it has ended, names and values by turns. */
  readonly readTrailers?: (() => readonly string[]) | undefined
}

/** Sends one request as a stream of its own. */
export const startHttp2Exchange = (
  line: Http2Line,
  request: Http2Request,
  handler: ResponseHandler,
): void => {
  const body = request.body instanceof Readable ? request.body : undefined
  const lastReadAt = line.hasServed ? tick() : 0
  let stream: ClientHttp2Stream | undefined
  let isAnswered = false
  let isOver = false
  let rawTrailers: string[] = []

  const fail = (cause: unknown): void => {
    if (isOver) return
    isOver = true
    const error = toUpstreamError(cause)
    const isUnheard = line.session.destroyed || stream?.rstCode === constants.NGHTTP2_REFUSED_STREAM
    if (isUnheard && !isAnswered) noteLastRead(error, lastReadAt)
    // a connection that leaves a request unanswered may be dead without anybody knowing
    if (error.code === 'ERR_UPSTREAM_TIMEOUT') line.session.close()
    if (stream) abandon(stream)
    handler.onError(error)
  }
  const resume = (): void => void stream?.resume()
  const pauseUnless = (takesMore: boolean): void => {
    if (!takesMore) stream?.pause()
  }
  const guarded = (act: () => void): void => {
    if (isOver) return
    try {
      act()
    } catch (error) {
      fail(error)
    }
  }
  const sendTrailers = (started: ClientHttp2Stream): void => {
    try {
      started.sendTrailers(toFields(request.readTrailers?.() ?? []))
    } catch (error) {
      fail(unspeakable(error))
    }
  }

  const onResponse = (headers: IncomingHttpHeaders, flags: number, raw: string[]): void =>
    guarded(() => {
      isAnswered = true
      line.hasServed = true
      const isWhole = (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0
      const { fields, trailers } = isWhole ? withStatusBehind(raw) : { fields: raw, trailers: [] }
      rawTrailers = trailers
      const status = Number(headers[':status'])
      const rawHeaders = withoutPseudoHeaders(fields)
      pauseUnless(handler.onHeaders(status, rawHeaders, resume, STATUS_CODES[status]))
    })

  handler.onConnect(fail)
  const release = (): void => {
    line.exchanges -= 1
  }
  if (isOver) {
    release()
    return
  }
  try {
    stream = line.session.request(toRequestFields(request), {
      endStream: body === undefined,
      waitForTrailers: request.readTrailers !== undefined,
    })
  } catch (error) {
    release()
    fail(unspeakable(error))
    return
  }
  const started = stream
  const isWhole = watchEnd(started)
  started.on('response', onResponse)
  started.on('trailers', (_headers: unknown, _flags: number, raw: string[]) => {
    rawTrailers = withoutPseudoHeaders(raw)
  })
  started.on('data', (chunk: Buffer) => guarded(() => pauseUnless(handler.onData(chunk))))
  started.on('wantTrailers', () => sendTrailers(started))
  started.on('error', fail)
  started.on('end', () => {
    if (!isAnswered || !isWhole()) fail(brokenOff(started))
    guarded(() => {
      isOver = true
      handler.onComplete(rawTrailers)
    })
    if (started.writableEnded) return
    // what is left of the body has no use any more, and would keep the stream for as long as its client likes
    body?.unpipe(started)
    abandon(started)
  })
  started.on('close', () => {
    release()
    fail(brokenOff(started))
  })
  body?.pipe(started)
}

/** Not at once: what is given up while the session reads, with a body on its way, ends the process with Node 26. */
const abandon = (stream: ClientHttp2Stream): void => {
  setImmediate(() => {
    stream.close(constants.NGHTTP2_CANCEL)
    stream.destroy()
  })
}

const unspeakable = (cause: unknown): UpstreamError =>
  new UpstreamError('ERR_REQUEST_HEADERS', 'HTTP/2 has no such headers', { cause })

const brokenOff = ({ rstCode }: ClientHttp2Stream): UpstreamError =>
  new UpstreamError('ERR_UPSTREAM_RESET', `the stream was broken off with code ${rstCode}`)

/**
 * Node ends a stream that was broken off like one that came to its end. They differ in when that is: before the stream
 * is closed, or after.
 */
const watchEnd = (stream: ClientHttp2Stream): (() => boolean) => {
  const push = stream.push.bind(stream)
  let isWhole = false
  stream.push = (chunk: unknown, encoding?: BufferEncoding) => {
    if (chunk === null && !stream.closed) isWhole = true
    return push(chunk, encoding)
  }
  return () => isWhole
}

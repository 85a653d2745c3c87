import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import type { Dispatcher } from 'undici'
import { noteBodyBytes } from './body-garbage.js'
import { isFramedClearly } from './response-headers.js'
import { toUpstreamError, UpstreamError } from './upstream-errors.js'
import { upstreamTarget, type Upstream } from './upstream.js'

/** What an upstream answered; the body is still to come. */
export interface UpstreamResponse {
  readonly statusCode: number
  /** The reason phrase as sent. */
  readonly statusMessage: string
  /** Names and values by turns, one character a byte. */
  readonly rawHeaders: readonly string[]
  readonly body: Readable
}

export interface ExchangeEvents {
  /** The final response has begun. */
  readonly onResponse: (response: UpstreamResponse) => void
  /** The response was asked for its body before anything of it came: headers should not wait for it any longer. */
  readonly onBodyAwaited: () => void
  /** The body has ended well and these fields stand behind it; comes before the body's own `end`. */
  readonly onTrailers: (rawTrailers: readonly string[]) => void
  /** There will be no response, or no end of its body: after `onResponse` the body is destroyed as well. */
  readonly onError: (error: UpstreamError) => void
}

export interface Exchange {
  /** Gives up: what has not been sent is not sent, and the connection is broken off. No event follows. */
  readonly cancel: () => void
}

/**
 * Sends one request to the upstream, once, and hands its response over as it arrives. Neither body is ever held as a
 * whole: each end reads only as fast as the other takes.
 *
 * Time is measured here and not by undici, whose limit for the response headers runs while a long body is still on its
 * way up.
 *
 * @param headers names and values by turns, fit for the upstream
 * @param body the request whose body is to be sent, if it has one
 */
export const startExchange = (
  dispatcher: Dispatcher,
  upstream: Upstream,
  request: { method: string; target: string; headers: string[]; body: IncomingMessage | undefined },
  events: ExchangeEvents,
): Exchange => {
  const { idleMs, responseMs } = upstream.timeouts
  let controller: Dispatcher.DispatchController | undefined
  let responseBody: Readable | undefined
  let timer: NodeJS.Timeout | undefined
  let bodyBegun = false
  let over = false
  let canceled = false

  const end = (): void => {
    over = true
    clearTimeout(timer)
  }
  const progress = (): void => {
    timer?.refresh()
  }
  const limit = (ms: number, what: string): void => {
    clearTimeout(timer)
    if (ms === 0 || over) return
    timer = setTimeout(() => {
      controller?.abort(new UpstreamError('ERR_UPSTREAM_TIMEOUT', `${what} within ${ms} ms`))
    }, ms)
  }
  const cancel = (): void => {
    if (over) return
    end()
    canceled = true
    controller?.abort(new UpstreamError('ERR_UPSTREAM_FAILED', 'the client has gone'))
  }

  const awaitResponse = (): void => limit(responseMs, 'no response headers')
  const createBody = (): Readable =>
    new Readable({
      highWaterMark: 64 * 1024,
      read() {
        progress()
        if (!bodyBegun && !over) {
          bodyBegun = true
          events.onBodyAwaited()
        }
        controller?.resume()
      },
      destroy(error, done) {
        cancel()
        done(error)
      },
    })

  const handler: Dispatcher.DispatchHandler = {
    onRequestStart: (started) => {
      controller = started
      if (canceled) {
        started.abort(new UpstreamError('ERR_UPSTREAM_FAILED', 'the client has gone'))
        return
      }
      if (!request.body) {
        awaitResponse()
        return
      }
      limit(idleMs, 'nothing of the request body')
      request.body.on('data', (chunk: Buffer) => {
        progress()
        noteBodyBytes(chunk.length)
      })
      request.body.once('end', () => {
        if (responseBody === undefined) awaitResponse()
      })
    },
    onResponseStart: (current, statusCode, _headers, statusMessage = '') => {
      // 1xx: nothing to pass on, the final response is still to come
      if (statusCode < 200) return
      if (statusCode > 599) {
        throw new UpstreamError('ERR_UPSTREAM_MALFORMED', `status code ${statusCode}`)
      }
      const rawHeaders = toRawHeaders(current.rawHeaders)
      if (!isFramedClearly(rawHeaders)) {
        throw new UpstreamError('ERR_UPSTREAM_MALFORMED', 'a transfer coding besides chunked')
      }
      limit(idleMs, 'nothing of the response body')
      responseBody = createBody()
      events.onResponse({
        statusCode,
        statusMessage,
        rawHeaders,
        body: responseBody,
      })
    },
    onResponseData: (current, chunk) => {
      progress()
      noteBodyBytes(chunk.length)
      bodyBegun = true
      if (responseBody?.push(chunk) === false) current.pause()
    },
    onResponseEnd: (current) => {
      end()
      const rawTrailers = toRawHeaders(current.rawTrailers)
      if (rawTrailers.length > 0) events.onTrailers(rawTrailers)
      responseBody?.push(null)
    },
    onResponseError: (_controller, cause) => {
      if (over) return
      end()
      const error = toUpstreamError(cause)
      events.onError(error)
      responseBody?.destroy(error)
    },
  }

  const options = {
    origin: upstream.origin,
    // else undici asks for, and verifies, the name that the client put into Host
    servername: upstream.hostname,
    path: upstreamTarget(upstream, request.target),
    method: request.method,
    headers: request.headers,
    body: request.body ?? null,
    headersTimeout: 0,
    bodyTimeout: 0,
  }
  dispatcher.dispatch(options, handler)
  return { cancel }
}

const toRawHeaders = (headers: Dispatcher.DispatchController['rawHeaders']): string[] => {
  if (!Array.isArray(headers)) return []
  return headers.map((text) => (typeof text === 'string' ? text : text.toString('latin1')))
}

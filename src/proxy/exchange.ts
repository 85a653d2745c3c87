import { Readable } from 'node:stream'
import type { Dispatcher } from 'undici'
import type { UpstreamAgent } from './agents.js'
import { noteBodyBytes } from './body-garbage.js'
import { brokeIdle, tick } from './idle-break.js'
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

export interface ExchangeRequest {
  readonly method: string
  readonly target: string
  /** Names and values by turns, fit for the upstream. */
  readonly headers: string[]
  /** The body to be sent, if there is one. */
  readonly body: Readable | undefined
  /** How long the body is said to be, where that is said. */
  readonly bodyLength: number | undefined
  /** Is shown the body on its way. */
  readonly onBodyData?: ((chunk: Buffer) => void) | undefined
  /** What stands behind the body, once it has ended, as far as it is fit for the upstream. */
  readonly readTrailers: () => readonly string[]
}

/**
 * Sends one request to the upstream and hands its response over as it arrives. Neither body is ever held as a whole:
 * each end reads only as fast as the other takes. It is sent once, but for a request that may be repeated (RFC 9110
 * §9.2.2) and met a connection that the upstream was just closing.
 *
 * Time is measured here and not by undici, whose limit for the response headers runs while a long body is still on its
 * way up.
 */
export const startExchange = (
  agent: UpstreamAgent,
  upstream: Upstream,
  request: ExchangeRequest,
  events: ExchangeEvents,
): Exchange => {
  const { idleMs, responseMs } = upstream.timeouts
  let controller: Dispatcher.DispatchController | undefined
  let responseBody: Readable | undefined
  let timer: NodeJS.Timeout | undefined
  let bodyBegun = false
  let isWhole = false
  let over = false
  let canceled = false
  let startedAt = 0
  let mayRepeat = request.body === undefined && idempotentMethods.has(request.method)

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
      startedAt = tick()
      if (canceled) {
        started.abort(new UpstreamError('ERR_UPSTREAM_FAILED', 'the client has gone'))
        return
      }
      if (!request.body) {
        awaitResponse()
        return
      }
      limit(idleMs, 'nothing of the request body')
      let bytesLeft = upstream.maxBodyBytes
      request.body.on('data', (chunk: Buffer) => {
        progress()
        noteBodyBytes(chunk.length)
        request.onBodyData?.(chunk)
        bytesLeft -= chunk.length
        if (bytesLeft < 0) started.abort(tooLarge(upstream))
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
      isWhole = statusCode === 304
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
      if (mayRepeat && responseBody === undefined && brokeIdle(cause, startedAt)) {
        mayRepeat = false
        clearTimeout(timer)
        agent.dispatch(options, handler)
        return
      }
      end()
      // 304 may tell the length that a 200 would have (RFC 9110 §8.6), which undici waits for in vain
      if (isWhole && responseBody) {
        responseBody.push(null)
        return
      }
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
    readTrailers: request.body && request.readTrailers,
  }
  if ((request.bodyLength ?? 0) > upstream.maxBodyBytes) {
    over = true
    events.onError(tooLarge(upstream))
  } else {
    agent.dispatch(options, handler)
  }
  return { cancel }
}

/** RFC 9110 §9.2.2. */
const idempotentMethods = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'])

const tooLarge = ({ maxBodyBytes }: Upstream): UpstreamError =>
  new UpstreamError(
    'ERR_REQUEST_TOO_LARGE',
    `the body is longer than the ${maxBodyBytes} bytes that the route takes`,
  )

const toRawHeaders = (headers: Dispatcher.DispatchController['rawHeaders']): string[] => {
  if (!Array.isArray(headers)) return []
  return headers.map((text) => (typeof text === 'string' ? text : text.toString('latin1')))
}

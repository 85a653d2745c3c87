import type { Readable } from 'node:stream'
import { atEndOfTurn } from '../end-of-turn.js'
import type { UpstreamAgent } from './agents.js'
import { noteBodyBytes } from './body-garbage.js'
import { brokeIdle, tick } from './idle-break.js'
import type { ResponseHandler } from './response-handler.js'
import { isFramedClearly } from './response-headers.js'
import { toUpstreamError, UpstreamError } from './upstream-errors.js'
import { upstreamTarget, type Upstream } from './upstream.js'

/** What an upstream answered, but for the body. */
export interface ResponseHead {
  readonly statusCode: number
  /** The reason phrase as sent. */
  readonly statusMessage: string
  /** Names and values by turns, one character a byte. */
  readonly rawHeaders: readonly string[]
}

/** What comes of a request, in this order. */
export interface ExchangeEvents {
  /** The final response has begun. */
  onResponse(head: ResponseHead): void
  /** What came with the head is not all: it should not wait any longer. */
  onBodyAwaited(): void
  /** False: nothing more is taken until `resume`. */
  onData(chunk: Buffer): boolean
  /** The response is whole; these fields stand behind its body. */
  onEnd(rawTrailers: readonly string[]): void
  /** There will be no response, or no end of it. */
  onError(error: UpstreamError): void
}

export interface Exchange {
  /** Goes on taking the response's body. */
  resume(): void
  /** Gives up: what has not been sent is not sent, and the connection is broken off. No event follows. */
  cancel(): void
}

export interface ExchangeRequest {
  readonly method: string
  readonly target: string
  /** Names and values by turns, fit for the upstream. */
  readonly headers: string[]
  /** The body to be sent, if there is one. */
  readonly body: Readable | undefined
  /** How long the body is said to be, where that is said. */
  readonly bodyLength: number
  /** Is shown the body on its way. */
  readonly onBodyData: ((chunk: Buffer) => void) | undefined
  /** What stands behind the body, once it has ended, as far as it is fit for the upstream. */
  readonly readTrailers: () => readonly string[]
}

/**
 * Sends one request to the upstream and hands its response over as it arrives. Neither body is ever held as a whole:
 * each end reads only as fast as the other takes. It is sent once, but for a request that may be repeated (RFC 9110
 * §9.2.2) and met a connection that the upstream was just closing.
 */
export const startExchange = (
  agent: UpstreamAgent,
  upstream: Upstream,
  request: ExchangeRequest,
  events: ExchangeEvents,
): Exchange => {
  const exchange = new UpstreamExchange(agent, upstream, request, events)
  exchange.start()
  return exchange
}

/**
 * What undici is told to do, and tells. One object for each request and no closures, for it is on the way of all.
 *
 * Time is measured here and not by undici, whose limit for the response headers runs while a long body is still on its
 * way up.
 */
class UpstreamExchange implements Exchange, ResponseHandler {
  private abort: ((cause: Error) => void) | undefined
  private resumeReading: (() => void) | undefined
  private paused = false
  private timer: NodeJS.Timeout | undefined
  private responseBegun = false
  /** The response has no body whatever its headers say. */
  private isWhole = false
  private over = false
  private canceled = false
  private startedAt = 0
  private mayRepeat: boolean

  private readonly agent: UpstreamAgent
  private readonly upstream: Upstream
  private readonly request: ExchangeRequest
  private readonly events: ExchangeEvents

  constructor(
    agent: UpstreamAgent,
    upstream: Upstream,
    request: ExchangeRequest,
    events: ExchangeEvents,
  ) {
    this.agent = agent
    this.upstream = upstream
    this.request = request
    this.events = events
    this.mayRepeat = request.body === undefined && idempotentMethods.has(request.method)
  }

  start(): void {
    if (this.request.bodyLength > this.upstream.maxBodyBytes) {
      this.over = true
      this.events.onError(tooLarge(this.upstream))
      return
    }
    this.dispatch()
  }

  resume(): void {
    this.progress()
    if (!this.paused) return
    this.paused = false
    this.resumeReading?.()
  }

  cancel(): void {
    if (this.over) return
    this.end()
    this.canceled = true
    this.abort?.(gone())
  }

  onConnect(abort: (cause: Error) => void): void {
    this.abort = abort
    this.startedAt = tick()
    if (this.canceled) {
      abort(gone())
      return
    }
    if (this.request.body === undefined) this.limit(this.upstream.timeouts.responseMs, noHeaders)
    else this.watchBody(this.request.body, abort)
  }

  onHeaders(
    statusCode: number,
    rawFields: readonly (Buffer | string)[],
    resume: () => void,
    statusMessage = '',
  ): boolean {
    // 1xx: nothing to pass on, the final response is still to come
    if (statusCode < 200) return true
    if (statusCode > 599) {
      throw new UpstreamError('ERR_UPSTREAM_MALFORMED', `status code ${statusCode}`)
    }
    const rawHeaders = toTexts(rawFields)
    if (!isFramedClearly(rawHeaders)) {
      throw new UpstreamError('ERR_UPSTREAM_MALFORMED', 'a transfer coding besides chunked')
    }
    clearTimeout(this.timer)
    this.responseBegun = true
    this.resumeReading = resume
    this.isWhole = statusCode === 304
    // most bodies come with the head, and need neither a limit nor a head that is sent before them
    atEndOfTurn(() => this.awaitBody())
    this.events.onResponse({ statusCode, statusMessage, rawHeaders })
    return true
  }

  onData(chunk: Buffer): boolean {
    if (this.over) return true
    this.progress()
    noteBodyBytes(chunk.length)
    this.paused = !this.events.onData(chunk)
    return !this.paused
  }

  onComplete(rawTrailers: readonly (Buffer | string)[] | null): void {
    if (this.over) return
    this.end()
    this.events.onEnd(toTexts(rawTrailers ?? []))
  }

  onError(cause: unknown): void {
    if (this.over) return
    if (this.mayRepeat && !this.responseBegun && brokeIdle(cause, this.startedAt)) {
      this.mayRepeat = false
      clearTimeout(this.timer)
      this.dispatch()
      return
    }
    this.end()
    // 304 may tell the length that a 200 would have (RFC 9110 §8.6), which undici waits for in vain
    if (this.isWhole) this.events.onEnd([])
    else this.events.onError(toUpstreamError(cause))
  }

  /** Called once everything is taken in that had come when the response began. */
  private awaitBody(): void {
    if (this.over) return
    this.limit(this.upstream.timeouts.idleMs, 'nothing of the response body')
    this.events.onBodyAwaited()
  }

  private dispatch(): void {
    if (this.over) return
    try {
      this.send()
    } catch (error) {
      this.onError(error)
    }
  }

  private send(): void {
    const { upstream, request } = this
    this.agent.dispatch(
      {
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
      },
      this,
    )
  }

  private watchBody(body: Readable, abort: (cause: Error) => void): void {
    const { maxBodyBytes, timeouts } = this.upstream
    this.limit(timeouts.idleMs, 'nothing of the request body')
    let bytesLeft = maxBodyBytes
    body.on('data', (chunk: Buffer) => {
      this.progress()
      noteBodyBytes(chunk.length)
      this.request.onBodyData?.(chunk)
      bytesLeft -= chunk.length
      if (bytesLeft < 0) abort(tooLarge(this.upstream))
    })
    body.once('end', () => {
      if (!this.responseBegun) this.limit(timeouts.responseMs, noHeaders)
    })
  }

  private progress(): void {
    this.timer?.refresh()
  }

  private limit(ms: number, what: string): void {
    clearTimeout(this.timer)
    this.timer = ms === 0 || this.over ? undefined : setTimeout(giveUp, ms, this, ms, what)
  }

  /** What was awaited did not come in time. */
  giveUp(ms: number, what: string): void {
    this.abort?.(new UpstreamError('ERR_UPSTREAM_TIMEOUT', `${what} within ${ms} ms`))
  }

  private end(): void {
    this.over = true
    clearTimeout(this.timer)
    this.timer = undefined
  }
}

const noHeaders = 'no response headers'

const giveUp = (exchange: UpstreamExchange, ms: number, what: string): void =>
  exchange.giveUp(ms, what)

/** RFC 9110 §9.2.2. */
const idempotentMethods = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'])

const gone = (): UpstreamError => new UpstreamError('ERR_UPSTREAM_FAILED', 'the client has gone')

const tooLarge = ({ maxBodyBytes }: Upstream): UpstreamError =>
  new UpstreamError(
    'ERR_REQUEST_TOO_LARGE',
    `the body is longer than the ${maxBodyBytes} bytes that the route takes`,
  )

const noTexts: readonly string[] = []

const toTexts = (fields: readonly (Buffer | string)[]): readonly string[] =>
  fields.length === 0
    ? noTexts
    : fields.map((text) => (typeof text === 'string' ? text : text.toString('latin1')))

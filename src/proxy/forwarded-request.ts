import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Readable } from 'node:stream'
import { valuesOf } from '../raw-headers.js'
import type { UpstreamAgent } from './agents.js'
import { announcesBody } from '../announces-body.js'
import { createEventStream, isEventStream } from './event-stream.js'
import { startExchange, type Exchange, type ExchangeEvents, type ResponseHead } from './exchange.js'
import type { ForwardPlan } from './forward-plan.js'
import { createKeptBody, type KeptBody } from './kept-body.js'
import { endWithAnswer } from './lingering-close.js'
import type { LiveConnection } from './live-connection.js'
import { startRelay, type Relay } from './relay.js'
import { buildRequestTrailers, type RequestHeaderRules } from './request-headers.js'
import type { BuildResponseHeaders, ResponseHeaderRules } from './response-headers.js'
import type { UpstreamError } from './upstream-errors.js'
import type { Upstream } from './upstream.js'

/** What all forwarded requests have in common. */
export interface ForwardingContext {
  readonly rules: RequestHeaderRules & ResponseHeaderRules
  agentFor(upstream: Upstream): UpstreamAgent
  readonly responseHeaders: BuildResponseHeaders
  /** The headers of the next attempt. */
  headersOf(request: IncomingMessage, plan: ForwardPlan): string[]
  onLive(plan: ForwardPlan, connection: LiveConnection): void
  /** Answers a request that the upstream did not; nothing was sent to the client. */
  fail(request: IncomingMessage, response: ServerResponse, error: UpstreamError): void
  /** Is told how long it took until the response's headers. */
  onResponse(durationMs: number): void
  /** Is told of each response that was passed on as a whole, and when that began, by `performance.now()`. */
  onForwarded(request: IncomingMessage, response: ServerResponse, startedAt: number): void
}

/** A request on its way to the upstream and the response on its way back. */
export class ForwardedRequest implements ExchangeEvents {
  private exchange: Exchange | undefined
  private relay: Relay | undefined
  private isSecondAttempt = false
  private readonly sent: Readable | undefined
  private readonly kept: KeptBody | undefined
  private readonly startedAt = performance.now()

  private readonly request: IncomingMessage
  private readonly response: ServerResponse
  private readonly plan: ForwardPlan
  private readonly context: ForwardingContext

  constructor(
    request: IncomingMessage,
    response: ServerResponse,
    plan: ForwardPlan,
    context: ForwardingContext,
  ) {
    this.request = request
    this.response = response
    this.plan = plan
    this.context = context
    this.sent = announcesBody(request) ? request : undefined
    this.kept = this.sent && plan.credentials && createKeptBody()
  }

  start(): void {
    this.response.on('close', () => this.exchange?.cancel())
    this.send(this.sent)
  }

  onResponse(head: ResponseHead): void {
    const { plan, response, context } = this
    context.onResponse(performance.now() - this.startedAt)
    if (plan.credentials?.learn(head) === true && this.sendAgain()) return
    if (head.statusCode === 401 && isAnsweredInstead(plan, head)) {
      this.exchange?.cancel()
      return
    }
    endWithAnswer(this.request, response)
    this.relay = startRelay(response, head, {
      context,
      idleMs: plan.upstream.timeouts.idleMs,
      onDrain: () => this.exchange?.resume(),
    })
    if (isEventStream(head)) {
      const stream = createEventStream(response, head, () => this.stop())
      context.onLive(plan, stream)
    }
  }

  onBodyAwaited(): void {
    this.relay?.flush()
  }

  onData(chunk: Buffer): boolean {
    return this.relay?.write(chunk) ?? true
  }

  onEnd(rawTrailers: readonly string[]): void {
    this.relay?.end(rawTrailers)
    this.context.onForwarded(this.request, this.response, this.startedAt)
  }

  onError(error: UpstreamError): void {
    if (this.relay === undefined) this.context.fail(this.request, this.response, error)
    else this.relay.breakOff()
  }

  private send(body: Readable | undefined): void {
    const { request, plan, context } = this
    this.exchange = startExchange(
      context.agentFor(plan.upstream),
      plan.upstream,
      {
        method: request.method ?? 'GET',
        target: plan.target,
        headers: context.headersOf(request, plan),
        body,
        bodyLength: Number(request.headers['content-length'] ?? 0),
        onBodyData: this.isSecondAttempt ? undefined : this.kept?.take,
        readTrailers: () => buildRequestTrailers(request.rawTrailers, context.rules),
      },
      this,
    )
  }

  /** Makes the second attempt, if there may be one and the body is there to be sent again. */
  private sendAgain(): boolean {
    if (this.isSecondAttempt) return false
    // of a body that is still on its way, there is nothing to send again
    const again = this.sent?.readableEnded === true ? this.kept?.replay() : undefined
    if (this.sent !== undefined && again === undefined) return false
    this.exchange?.cancel()
    this.isSecondAttempt = true
    this.send(again)
    return true
  }

  private stop(): void {
    this.relay?.stop()
    this.exchange?.cancel()
  }
}

const isAnsweredInstead = (
  { answerUnauthorized }: ForwardPlan,
  { rawHeaders }: ResponseHead,
): boolean => answerUnauthorized?.(valuesOf(rawHeaders, 'www-authenticate')) === true

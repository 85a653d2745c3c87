import type { IncomingMessage, ServerResponse } from 'node:http'
import { Http2ServerRequest } from 'node:http2'
import { parseRequestTarget } from '../access/request-target.js'
import type { Answers, AnswerWith } from './answers.js'
import type { Arrival, ReadArrival } from './arrival.js'
import { createDistrust } from './distrust.js'
import { continueIfAsked } from './expectation.js'
import type { Judge } from './judge.js'
import { messageFault } from './message-fault.js'
import type { Refuse } from './refusals.js'
import type { AnswerSubrequest, DecideSubrequest } from './subrequests.js'
import type { Admission } from './verdict.js'

export type TakeRequest = (request: IncomingMessage, response: ServerResponse) => void

export interface GateOptions {
  readonly readArrival: ReadArrival
  readonly judge: Judge
  readonly refuse: Refuse
  readonly answers: Answers
  readonly answerWith: AnswerWith
  /** What decides where an ingress asks about requests, by path. */
  readonly subrequests: ReadonlyMap<string, DecideSubrequest>
  /** The one of these paths that has the target of the original request behind it. */
  readonly extAuthzPath: string
  readonly answerSubrequest: AnswerSubrequest
  /** Serves Valetkey's own endpoints. */
  readonly serveOwn: TakeRequest
  /** Sends an admitted request to its upstream. */
  readonly forward: (
    request: IncomingMessage,
    response: ServerResponse,
    admission: Admission,
  ) => void
}

/**
 * Takes every request that arrives: one to an own endpoint is served, one that is admitted goes to its upstream past
 * the framework, which would cost as much as all the rest, and any other is answered.
 *
 * A session store that cannot be reached is answered with 503: nobody is sent to the provider and no cookie is touched.
 */
export function createGate(options: GateOptions): TakeRequest {
  const { readArrival, judge, refuse, answers, answerWith, extAuthzPath } = options
  const distrust = createDistrust()

  async function admit(
    request: IncomingMessage,
    response: ServerResponse,
    arrival: Arrival,
  ): Promise<void> {
    try {
      const verdict = await judge(arrival, request)
      if (response.destroyed) return
      if (verdict.kind !== 'admitted') {
        answerWith(request, response, (asked, reply) => refuse(asked, reply, arrival, verdict))
        return
      }
      continueIfAsked(request, response)
      options.forward(request, response, verdict.admission)
    } catch (error) {
      answerWith(request, response, (asked, reply) => answers.error(asked, reply, error))
    }
  }

  function serve(request: IncomingMessage, response: ServerResponse, path: string): void {
    const decide = options.subrequests.get(path)
    if (decide === undefined) options.serveOwn(request, response)
    else void options.answerSubrequest(request, response, decide)
  }

  return function takeRequest(request, response) {
    if (distrust.covers(request)) return
    const fault = messageFault(request)
    if (fault !== undefined) {
      distrust.begin(request)
      // RFC 9110 §10.2.1: an authority takes no method at all.
      const allow = fault === 'ERR_METHOD_NOT_ALLOWED' ? { allow: '' } : {}
      const headers = { connection: 'close', ...allow }
      answerWith(request, response, (asked, reply) => {
        asked.log.info({ code: fault }, 'request refused')
        return answers.problem(asked, reply, fault, { headers })
      })
      return
    }
    if (isUpgradeDeclined(request, response)) {
      distrust.begin(request)
      response.shouldKeepAlive = false
    }
    // What follows the prefix is another request's target, whose readings are that one's alone.
    if (staysBelow(request, extAuthzPath)) {
      serve(request, response, extAuthzPath)
      return
    }
    const arrival = readArrival(request)
    if (arrival.location.kind === 'refused') distrust.begin(request)
    if (arrival.location.kind === 'own') serve(request, response, arrival.path)
    else void admit(request, response, arrival)
  }
}

/**
 * Whether a request goes on without the upgrade that it asked for, on a connection of HTTP/1.1. Node from 24.9 on then
 * loses what came in one piece with its head, so that nobody knows where the next request begins. A handshake that is
 * taken has the connection to itself.
 */
function isUpgradeDeclined(request: IncomingMessage, response: ServerResponse): boolean {
  return (
    request.headers.upgrade !== undefined &&
    response.shouldKeepAlive &&
    !(request instanceof Http2ServerRequest)
  )
}

/**
 * Whether a target leads below a path however it is read: an ingress that keeps clients away from there may take
 * `/path/../page` for `/page`, and send it on as it came.
 */
function staysBelow({ method = '', url = '' }: IncomingMessage, path: string): boolean {
  if (!url.startsWith(`${path}/`)) return false
  const target = parseRequestTarget({ method, target: url, host: '' })
  return (
    target.kind === 'target' &&
    target.readings.every((reading) => reading === path || reading.startsWith(`${path}/`))
  )
}

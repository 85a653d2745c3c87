import type { Logger } from 'pino'
import type { CompiledRoute } from '../access/route-table.js'
import type { Answers } from '../http/answers.js'
import type { CookieNames } from '../http/cookies.js'
import type { StepUps } from '../http/step-ups.js'
import { createChallengeAnswers } from '../http/upstream-challenge.js'
import { createForwarder, type Forwarder } from '../proxy/forwarder.js'
import type { Sessions } from '../session/sessions.js'
import type { Metrics } from '../telemetry/metrics.js'
import type { CallerHeaders } from './caller-headers.js'
import { createCloseAtExpiry } from './close-at-expiry.js'
import { createCloseWithSession } from './close-with-session.js'
import { createForwardPlans, type PlanForward } from './forward-plans.js'
import { createUpstreamProofs } from './upstream-proofs.js'

/** The way of admitted requests to their upstreams. */
export interface Forwarding {
  readonly plan: PlanForward
  readonly register: Forwarder['register']
}

export function createForwarding(options: {
  readonly publicUrl: URL
  readonly routes: readonly CompiledRoute[]
  readonly isReservedHeader: (name: string) => boolean
  readonly cookieNames: CookieNames
  readonly callerHeaders: CallerHeaders
  readonly stepUps: StepUps
  readonly answers: Answers
  readonly sessions: Sessions
  readonly metrics: Metrics
  readonly logger: Logger
  readonly clock: () => number
}): Forwarding {
  const { routes, isReservedHeader, cookieNames, callerHeaders, stepUps, answers } = options
  const { sessions, metrics, logger, clock } = options
  const plan = createForwardPlans({
    routes,
    scheme: options.publicUrl.protocol.slice(0, -1),
    callerHeaders,
    proveToUpstream: createUpstreamProofs(clock),
    closeWithSession: createCloseWithSession(sessions, logger),
    closeAtExpiry: createCloseAtExpiry({ logger, clock }),
    answerChallenge: createChallengeAnswers(stepUps),
  })
  const forwarder = createForwarder({
    isReservedHeader,
    isAnswerHeader: (name) => name === 'x-valetkey-answer',
    isOwnCookie: cookieNames.isOwnCookie,
    onFinalRecipient(_request, reply) {
      answers.empty(reply, 'OPTIONS', 204)
    },
    onUpstreamResponse: metrics.upstreamAnswered,
    onUpstreamError(request, reply, error) {
      if (error.statusCode >= 500) metrics.upstreamError(error.code)
      answers.error(request, reply, error)
    },
  })
  return { plan, register: forwarder.register }
}

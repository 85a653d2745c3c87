import type { Logger } from 'pino'
import type { CompiledRoute } from '../access/route-table.js'
import { answerHeaderName } from '../answer-header.js'
import type { Answers, AnswerWith } from '../http/answers.js'
import type { CookieNames } from '../http/cookies.js'
import type { Forwarding } from '../http/server.js'
import type { StepUps } from '../http/step-ups.js'
import { createChallengeAnswers } from '../http/upstream-challenge.js'
import { createForwarder } from '../proxy/forwarder.js'
import type { Sessions } from '../session/sessions.js'
import type { Metrics } from '../telemetry/metrics.js'
import type { CallerHeaders } from './caller-headers.js'
import { createCloseAtExpiry } from './close-at-expiry.js'
import { createCloseWithSession } from './close-with-session.js'
import { createForwardPlans } from './forward-plans.js'
import { createUpstreamProofs } from './upstream-proofs.js'

/** Makes the way of admitted requests to their upstreams. */
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
  readonly answerWith: AnswerWith
}): Forwarding {
  const { routes, isReservedHeader, cookieNames, callerHeaders, stepUps, answers } = options
  const { sessions, metrics, logger, clock, answerWith } = options
  const plan = createForwardPlans({
    routes,
    scheme: options.publicUrl.protocol.slice(0, -1),
    callerHeaders,
    proveToUpstream: createUpstreamProofs(clock),
    closeWithSession: createCloseWithSession(sessions, logger),
    closeAtExpiry: createCloseAtExpiry({ logger, clock }),
    findChallengeAnswer: createChallengeAnswers(stepUps),
    answerWith,
  })
  const forwarder = createForwarder({
    isReservedHeader,
    isAnswerHeader: (name) => name === answerHeaderName,
    isOwnCookie: cookieNames.isOwnCookie,
    onFinalRecipient(request, response) {
      answerWith(request, response, (_asked, reply) => answers.empty(reply, 'OPTIONS', 204))
    },
    onUpstreamResponse: metrics.upstreamAnswered,
    onUpstreamError(request, response, error) {
      if (error.statusCode >= 500) metrics.upstreamError(error.code)
      answerWith(request, response, (asked, reply) => answers.error(asked, reply, error))
    },
    onForwarded(request, response, startedAt) {
      metrics.request('proxied')
      if (!logger.isLevelEnabled('debug')) return
      const durationMs = Math.round(performance.now() - startedAt)
      logger.debug({ req: request, res: response, answer: 'proxied', durationMs }, 'answered')
    },
  })
  return {
    forward: (request, response, admission) =>
      forwarder.forward(request, response, plan(request, response, admission)),
    takeUpgrades: forwarder.takeUpgrades,
    closeLive: forwarder.closeLive,
    destroy: forwarder.destroy,
  }
}

import type { FastifyReply, FastifyRequest } from 'fastify'
import { countAttempt } from '../access/step-up.js'
import { parseStepUpChallenge } from '../access/step-up-challenge.js'
import type { LiveSession } from '../session/sessions.js'
import type { Admission } from './verdict.js'
import { isNavigation } from './navigation.js'
import type { StepUps } from './step-ups.js'

/**
 * Answers in the place of an upstream whose 401 asks for a better authentication (RFC 9470 §3), if a person
 * is there to see the provider's page. False leaves the 401 to the client, which knows better what to do.
 */
export type AnswerChallenge = (unauthorized: {
  request: FastifyRequest
  reply: FastifyReply
  admission: Admission
  live: LiveSession
  /** Its `WWW-Authenticate` fields. */
  challenges: readonly string[]
}) => boolean

export function createChallengeAnswers(stepUps: StepUps): AnswerChallenge {
  return function answerChallenge({ request, reply, admission, live, challenges }) {
    if (!isNavigation(request.raw)) return false
    const stepUp = parseStepUpChallenge(challenges)
    if (stepUp === undefined) return false
    const attempt = countAttempt(live.session, stepUp, admission.now)
    if (attempt === undefined) {
      const code = 'ERR_STEP_UP_FAILED'
      request.log.info({ code, session: live.key, stepUp }, 'the upstream asks for it once more')
      stepUps.refuse(request, reply, { admission, stepUp })
    } else {
      stepUps.require(request, reply, { admission, stepUp, attempt })
    }
    return true
  }
}

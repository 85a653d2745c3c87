import type { IncomingMessage } from 'node:http'
import { countAttempt } from '../access/step-up.js'
import { parseStepUpChallenge } from '../access/step-up-challenge.js'
import type { LiveSession } from '../session/sessions.js'
import type { Answer } from './answers.js'
import type { Admission } from './verdict.js'
import { isNavigation } from './navigation.js'
import type { StepUps } from './step-ups.js'

/**
 * Finds the answer in the place of an upstream's whose 401 asks for a better authentication (RFC 9470 §3), or for
 * claims that its token lacks, if a person is there to see the provider's page. Without one the 401 is for the
 * client, which knows better what to do.
 */
export type FindChallengeAnswer = (unauthorized: {
  request: IncomingMessage
  admission: Admission
  live: LiveSession
  /** Its `WWW-Authenticate` fields. */
  challenges: readonly string[]
}) => Answer | undefined

export function createChallengeAnswers(stepUps: StepUps): FindChallengeAnswer {
  return function findChallengeAnswer({ request, admission, live, challenges }) {
    if (!isNavigation(request)) return undefined
    const stepUp = parseStepUpChallenge(challenges)
    if (stepUp === undefined) return undefined
    const attempt = countAttempt(live.session, stepUp, admission.now)
    if (attempt !== undefined) {
      return (asked, reply) => stepUps.require(asked, reply, { admission, stepUp, attempt })
    }
    return (asked, reply) => {
      const code = 'ERR_STEP_UP_FAILED'
      asked.log.info({ code, session: live.key, stepUp }, 'the upstream asks for it once more')
      return stepUps.refuse(asked, reply, { admission, stepUp })
    }
  }
}

import type { FastifyReply, FastifyRequest } from 'fastify'
import type { StepUp } from '../access/step-up.js'
import { stepUpChallenge } from '../access/step-up-challenge.js'
import type { Identity } from '../session/session.js'
import type { Answers } from './answers.js'
import type { Admission } from './verdict.js'
import {
  type LoginPrompt,
  type LoginPromptOptions,
  type NeededLogin,
  returnToOf,
} from './login-prompt.js'
import { isNavigation, originOf } from './navigation.js'
import { stepUpFailedPage } from './pages/step-up-failed-page.js'
import type { Paths } from './paths.js'
import { personOf } from './person.js'
import type { StepUpSeal } from './step-up-seal.js'

export interface StepUpOptions {
  readonly publicUrl: URL
  readonly paths: Paths
  readonly answers: Answers
  readonly promptForLogin: LoginPrompt
  readonly parseReturnTo: LoginPromptOptions['parseReturnTo']
  readonly seal: StepUpSeal
}

/** Answers requests that need an authentication better than the one at hand. */
export interface StepUps {
  /** Where the login begins that brings what is needed, and the challenge for programs (RFC 9470 §3). */
  neededLogin(needed: NeededStepUp): NeededLogin
  /** Sends a navigation to the provider with what is needed, and tells anything else. */
  require(request: FastifyRequest, reply: FastifyReply, needed: NeededStepUp): FastifyReply
  /** Tells whoever has just come back from there that it did not help (STEP-2). */
  refuse(
    request: FastifyRequest,
    reply: FastifyReply,
    needed: { admission: Admission; stepUp: StepUp },
  ): FastifyReply
  /** Tells that the provider did not give what it was asked for. Whoever was signed in still is. */
  fail(request: FastifyRequest, reply: FastifyReply, failure: StepUpFailure): FastifyReply
}

export interface NeededStepUp {
  readonly admission: Admission
  readonly stepUp: StepUp
  /** For how many times in a row. */
  readonly attempt: number
}

export interface StepUpFailure {
  readonly stepUp: StepUp
  readonly providerId: string | undefined
  readonly returnTo: string | undefined
  /** The form that waits for it. */
  readonly form?: string | undefined
  readonly identity?: Identity | undefined
}

export function createStepUps(options: StepUpOptions): StepUps {
  const { publicUrl, paths, answers, promptForLogin, seal } = options

  function fail(
    request: FastifyRequest,
    reply: FastifyReply,
    { stepUp, providerId, returnTo, form, identity }: StepUpFailure,
  ): FastifyReply {
    const sealed = seal.seal({ ...stepUp, attempt: 1, forcesLogin: true })
    const again = paths.startUrl({ providerId, returnTo, stepUp: sealed, form })
    return answers.problem(request, reply, 'ERR_STEP_UP_FAILED', {
      page: stepUpFailedPage({
        host: publicUrl.host,
        person: identity && personOf(identity),
        // The login's cookies and the redirect URI belong to the public host.
        againHref: publicUrl.origin + again,
        requestId: request.id,
      }),
    })
  }

  function neededLogin({ admission: { live }, stepUp, attempt }: NeededStepUp): NeededLogin {
    const providerId = live?.session.identity.providerId
    const sealed = seal.seal({ ...stepUp, attempt })
    return {
      code: 'ERR_STEP_UP_REQUIRED',
      name: 'STEP_UP_REQUIRED',
      challenge: stepUpChallenge(stepUp),
      pathTo: (returnTo) => paths.startUrl({ providerId, returnTo, stepUp: sealed }),
    }
  }

  return {
    neededLogin,
    require: (request, reply, needed) =>
      promptForLogin(request, reply, needed.admission.arrival, neededLogin(needed)),
    refuse(request, reply, { admission: { arrival, live }, stepUp }) {
      const identity = live?.session.identity
      const returnTo = isNavigation(originOf(request, arrival))
        ? returnToOf(options, request, arrival)
        : undefined
      const providerId = identity?.providerId
      return fail(request, reply, { stepUp, providerId, returnTo, identity })
    },
    fail,
  }
}

import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Answers } from './answers.js'
import type { Arrival } from './arrival.js'
import type { BearerRefusal } from './bearer.js'
import { sharingHeaders } from './cross-origin.js'
import type { FormPrompt } from './form-prompt.js'
import { type LoginPromptOptions, returnToOf } from './login-prompt.js'
import { isNavigation, originOf } from './navigation.js'
import type { OfferOtherProvider } from './other-provider.js'
import { forbiddenPage } from './pages/forbidden-page.js'
import type { Paths } from './paths.js'
import { personOf } from './person.js'
import type { StepUps } from './step-ups.js'
import type { Verdict } from './verdict.js'

export interface RefusalOptions {
  readonly publicUrl: URL
  readonly paths: Paths
  readonly answers: Answers
  readonly parseReturnTo: LoginPromptOptions['parseReturnTo']
  readonly promptForLogin: FormPrompt
  readonly stepUps: StepUps
  readonly offerOtherProvider: OfferOtherProvider
}

/** Tells a client that its request is not to go to the upstream, and why. */
export type Refuse = (
  request: FastifyRequest,
  reply: FastifyReply,
  arrival: Arrival,
  verdict: Exclude<Verdict, { kind: 'admitted' }>,
) => FastifyReply | Promise<FastifyReply>

export function createRefusals(options: RefusalOptions): Refuse {
  const { answers } = options

  function answer(
    request: FastifyRequest,
    reply: FastifyReply,
    arrival: Arrival,
    verdict: Exclude<Verdict, { kind: 'admitted' }>,
  ): FastifyReply | Promise<FastifyReply> {
    const { location, isSubrequest } = arrival
    if (isSubrequest && location.kind === 'route') {
      reply.headers(sharingHeaders(request.raw.headers, location.route.config.crossOrigin))
    }
    switch (verdict.kind) {
      case 'refused': {
        const { code, reason } = verdict.target
        request.log.info({ code, reason }, 'request target refused')
        // What the target means is in doubt, so what follows on this connection is, too.
        if (!isSubrequest) reply.header('connection', 'close')
        return answers.problem(request, reply, code)
      }
      case 'not-found':
        return answers.problem(request, reply, 'ERR_ROUTE_NOT_FOUND')
      case 'refresh-unavailable': {
        const { retryAfterMs } = verdict
        return answers.problem(request, reply, 'ERR_REFRESH_UNAVAILABLE', { retryAfterMs })
      }
      case 'upstream-token-refused':
        return answerWithoutToken(request, reply, verdict)
      case 'bearer-refused':
        return answerBearerRefused(request, reply, verdict.refusal)
      case 'foreign': {
        const code = 'ERR_CROSS_SITE_REQUEST'
        const { initiator } = verdict
        const { origin } = request.raw.headers
        request.log.info({ code, initiator, origin }, 'request of another origin refused')
        return answers.problem(request, reply, code)
      }
      case 'login-required':
        return options.promptForLogin(request, reply, arrival, verdict)
      case 'other-provider':
        return options.offerOtherProvider(request, reply, arrival, verdict)
      case 'step-up-required':
        return options.stepUps.require(request, reply, verdict)
      case 'step-up-failed':
        return answerStepUpFailed(request, reply, verdict)
      case 'forbidden':
        return answerForbidden(request, reply, verdict)
    }
  }

  function answerStepUpFailed(
    request: FastifyRequest,
    reply: FastifyReply,
    verdict: Extract<Verdict, { kind: 'step-up-failed' }>,
  ): FastifyReply {
    const { admission, missing } = verdict
    const code = 'ERR_STEP_UP_FAILED'
    request.log.info({ code, session: admission.live?.key, missing }, 'access denied')
    return options.stepUps.refuse(request, reply, verdict)
  }

  function answerWithoutToken(
    request: FastifyRequest,
    reply: FastifyReply,
    { admission, refusal }: Extract<Verdict, { kind: 'upstream-token-refused' }>,
  ): FastifyReply {
    const { code, reason } = refusal
    const { live, bearer, route } = admission
    const fields = { code, reason, session: live?.key, client: bearer?.identity.sub }
    // Each call that failed is a warning already.
    request.log.info({ ...fields, route: route.index }, 'no token for the upstream')
    const retryAfterMs =
      code === 'ERR_UPSTREAM_TOKEN_UNAVAILABLE' ? refusal.retryAfterMs : undefined
    return answers.problem(request, reply, code, { retryAfterMs })
  }

  function answerBearerRefused(
    request: FastifyRequest,
    reply: FastifyReply,
    { code, reason, challenge, retryAfterMs }: BearerRefusal,
  ): FastifyReply {
    const level = code === 'ERR_BEARER_UNAVAILABLE' ? 'warn' : 'info'
    request.log[level]({ code, reason }, 'access token of a client refused')
    return answers.problem(request, reply, code, { challenge, retryAfterMs })
  }

  function answerForbidden(
    request: FastifyRequest,
    reply: FastifyReply,
    { admission: { live, bearer, arrival }, missing }: Extract<Verdict, { kind: 'forbidden' }>,
  ): FastifyReply {
    const code = 'ERR_ACCESS_DENIED'
    const client = bearer?.identity.sub
    request.log.info({ code, session: live?.key, client, missing }, 'access denied')
    return answers.problem(request, reply, code, {
      page: forbiddenPage({
        host: options.publicUrl.host,
        person: live && personOf(live.session.identity),
        signOutPath: options.paths.signOut,
        returnTo: isNavigation(originOf(request, arrival))
          ? returnToOf(options, request, arrival)
          : undefined,
        requestId: request.id,
      }),
    })
  }

  return answer
}

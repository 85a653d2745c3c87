import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Answers } from './answers.js'
import type { Arrival } from './arrival.js'
import type { Admission, Judge, Verdict } from './judge.js'
import type { LoginPrompt } from './login-prompt.js'
import { isNavigation } from './navigation.js'
import { forbiddenPage } from './pages/forbidden-page.js'
import type { Paths } from './paths.js'
import { personOf } from './person.js'

export interface GateOptions {
  readonly publicUrl: URL
  readonly paths: Paths
  readonly judge: Judge
  readonly answers: Answers
  readonly promptForLogin: LoginPrompt
}

/** Admits a request to its upstream, or answers it and gives undefined. */
export type Gate = (
  request: FastifyRequest,
  reply: FastifyReply,
  arrival: Arrival,
) => Promise<Admission | undefined>

/**
 * Answers the requests that are not to go to their upstream. A session store that cannot be reached is
 * thrown on and answered with 503: nobody is sent to the provider and no cookie is touched.
 */
export function createGate(options: GateOptions): Gate {
  const { answers, judge } = options

  function answer(
    request: FastifyRequest,
    reply: FastifyReply,
    arrival: Arrival,
    verdict: Exclude<Verdict, { kind: 'admitted' }>,
  ): FastifyReply | Promise<FastifyReply> {
    switch (verdict.kind) {
      case 'refused': {
        const { code, reason } = verdict.target
        request.log.info({ code, reason }, 'request target refused')
        // What the target means is in doubt, so what follows on this connection is, too.
        reply.header('connection', 'close')
        return answers.problem(request, reply, code)
      }
      case 'not-found':
        return answers.problem(request, reply, 'ERR_ROUTE_NOT_FOUND')
      case 'refresh-unavailable': {
        const { retryAfterMs } = verdict
        return answers.problem(request, reply, 'ERR_REFRESH_UNAVAILABLE', { retryAfterMs })
      }
      case 'foreign': {
        const code = 'ERR_CROSS_SITE_REQUEST'
        const { initiator } = verdict
        const { origin } = request.raw.headers
        request.log.info({ code, initiator, origin }, 'request of another origin refused')
        return answers.problem(request, reply, code)
      }
      case 'login-required':
        return options.promptForLogin(request, reply, arrival, verdict)
      case 'forbidden':
        return answerForbidden(request, reply, verdict)
    }
  }

  function answerForbidden(
    request: FastifyRequest,
    reply: FastifyReply,
    { admission: { live, arrival }, missing }: Extract<Verdict, { kind: 'forbidden' }>,
  ): FastifyReply {
    const code = 'ERR_ACCESS_DENIED'
    request.log.info({ code, session: live?.key, missing }, 'access denied')
    return answers.problem(request, reply, code, {
      page: forbiddenPage({
        host: options.publicUrl.host,
        person: live && personOf(live.session.identity),
        signOutPath: options.paths.signOut,
        returnTo: isNavigation(request.raw) ? arrival.originForm : undefined,
        requestId: request.id,
      }),
    })
  }

  return async function admit(request, reply, arrival) {
    const { headers } = request.raw
    const verdict = await judge(arrival, { cookie: headers.cookie, headers })
    if (verdict.kind === 'admitted') return verdict.admission
    await answer(request, reply, arrival, verdict)
    return undefined
  }
}

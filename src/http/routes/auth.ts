import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { readConstraints } from '../../access/auth-constraints.js'
import { readOriginalRequest } from '../../access/original-request.js'
import type { Rule } from '../../access/rules.js'
import type { StepUp } from '../../access/step-up.js'
import type { Arrival } from '../arrival.js'
import { type EndpointContext, queryOf } from '../endpoint-context.js'
import {
  admittedHeaders,
  type ForwardAuth,
  logUnnamed,
  logUntrusted,
  logWithoutRules,
  namesRequest,
  registerSubrequest,
} from '../forward-auth.js'
import { allowedProviders, loginPaths, returnToOf } from '../login-prompt.js'
import { type Admission, identityOf, type Verdict } from '../verdict.js'

/**
 * `GET /auth`, for nginx `auth_request`: 202 with who it is, 401 or 403, and never a redirect. What cannot be
 * decided right now is 503, of which nginx makes a 500.
 *
 * A trusted proxy must say which request it asks about, and the routes decide. It may not leave that open: most
 * hand a client's headers on, and then the client would name one. Nothing that anybody else says counts; there,
 * any session will do, and no token is told, since it may be a browser that asks.
 */
export function registerAuth(
  scope: FastifyInstance,
  context: EndpointContext,
  forwardAuth: ForwardAuth,
): void {
  const { publicUrl, paths, answers } = context
  const { judge, refuse, anySession, readOriginalArrival, clientOf, missing } = forwardAuth
  const scheme = publicUrl.protocol === 'https:' ? 'https' : 'http'
  const loginPath = loginPaths(paths, context.providers.size > 1)

  registerSubrequest(scope, paths.auth, async (request, reply) => {
    const constraints = constraintsOf(request)
    if (constraints === 'malformed') return deny(request, reply, 'the constraints are malformed')
    const arrival = readOriginalOf(request)
    if (typeof arrival === 'string') return deny(request, reply, arrival)

    const verdict = await judge(arrival, request.raw)
    if (verdict.kind !== 'admitted') return answerRefused(request, reply, arrival, verdict)
    if (constraints === undefined) return grant(request, reply, verdict.admission)
    return constrain(request, reply, verdict.admission, constraints)
  })

  /** The original request, or why that cannot be told. */
  function readOriginalOf(request: FastifyRequest): Arrival | string {
    const client = clientOf(request.raw)
    if (!client.trusted) {
      if (namesRequest(request.raw)) logUntrusted(request, client)
      return anything(request)
    }
    const original = readOriginalRequest(client, request.raw.rawHeaders, scheme)
    if (original?.kind === 'refused') return original.reason
    if (original === undefined) {
      logUnnamed(request)
      return 'no request is named'
    }
    return readOriginalArrival({ ...original, client })
  }

  function anything(request: FastifyRequest): Arrival {
    const original = { method: 'GET', target: '/', host: publicUrl.hostname }
    const arrival = readOriginalArrival({ ...original, client: clientOf(request.raw) })
    return { ...arrival, location: { kind: 'route', route: anySession, index: anySession.index } }
  }

  /** Holds whoever was admitted to what the query demands; a stranger or a public route satisfies none of it. */
  async function constrain(
    request: FastifyRequest,
    reply: FastifyReply,
    admission: Admission,
    constraints: Rule,
  ): Promise<FastifyReply> {
    const identity = identityOf(admission)
    if (identity === undefined) {
      const verdict = await judge(anything(request), request.raw)
      if (verdict.kind !== 'admitted') {
        return answerRefused(request, reply, admission.arrival, verdict)
      }
      return constrain(request, reply, verdict.admission, constraints)
    }
    const lacking = missing(constraints, identity, admission)
    if (lacking.length === 0) return grant(request, reply, admission)
    return refuse(request, reply, admission.arrival, {
      kind: 'forbidden',
      admission,
      missing: lacking,
    })
  }

  function grant(request: FastifyRequest, reply: FastifyReply, admission: Admission): FastifyReply {
    const { client } = admission.arrival
    if (!client.trusted && forwardAuth.hasRules) logWithoutRules(request, client)
    for (const [name, value] of admittedHeaders(forwardAuth, request.raw, admission)) {
      reply.header(nameForNginx(name), value)
    }
    return answers.empty(reply, 'ACCESS_GRANTED', 202)
  }

  function answerRefused(
    request: FastifyRequest,
    reply: FastifyReply,
    arrival: Arrival,
    verdict: Exclude<Verdict, { kind: 'admitted' }>,
  ): FastifyReply | Promise<FastifyReply> {
    switch (verdict.kind) {
      case 'refused':
        return deny(request, reply, verdict.target.reason)
      case 'not-found':
        return deny(request, reply, 'no route matches, or the path is one of Valetkey')
      case 'login-required':
        return askForLogin(request, reply, arrival, verdict.stepUp)
      case 'step-up-required':
        // 401 would lead to a login that asks for no more than the last one, again and again.
        return refuse(request, reply, arrival, { ...verdict, kind: 'step-up-failed' })
      case 'bearer-refused':
        return refuse(request, reply, arrival, forNginx(verdict))
      case 'step-up-failed':
      case 'other-provider':
      case 'foreign':
      case 'forbidden':
      case 'refresh-unavailable':
      case 'upstream-token-refused':
        return refuse(request, reply, arrival, verdict)
    }
  }

  /** With the address of a login that comes back to what was asked for, where that is known. */
  function askForLogin(
    request: FastifyRequest,
    reply: FastifyReply,
    arrival: Arrival,
    demand: StepUp | undefined,
  ): FastifyReply {
    const code = 'ERR_LOGIN_REQUIRED'
    if (!arrival.client.trusted) return answers.problem(request, reply, code)
    const returnTo = returnToOf(context, arrival)
    const stepUp = demand && context.stepUpSeal.seal({ ...demand, attempt: 0 })
    const allowed = allowedProviders(arrival)
    const login = publicUrl.origin + loginPath({ returnTo, allowed, stepUp })
    const headers = { 'x-auth-redirect': login }
    return answers.problem(request, reply, code, { headers, extras: { login_url: login } })
  }

  /** nginx takes no other refusals than 401 and 403. */
  function deny(request: FastifyRequest, reply: FastifyReply, reason: string): FastifyReply {
    request.log.info({ code: 'ERR_ORIGINAL_REQUEST', reason }, 'forward auth refused')
    return answers.problem(request, reply, 'ERR_ORIGINAL_REQUEST')
  }
}

/** A header that holds no token is refused like a bad token, since nginx makes a 500 of 400. */
function forNginx(verdict: Extract<Verdict, { kind: 'bearer-refused' }>): typeof verdict {
  const { refusal } = verdict
  if (refusal.code !== 'ERR_BEARER_REQUEST') return verdict
  return { ...verdict, refusal: { ...refusal, code: 'ERR_BEARER_TOKEN' } }
}

function constraintsOf(request: FastifyRequest): ReturnType<typeof readConstraints> {
  return request.originalUrl.includes('?') ? readConstraints(queryOf(request)) : undefined
}

/** oauth2-proxy calls them so, and what is configured for it goes on working. */
const nameForNginx = (name: string) => name.replace('X-Forwarded-', 'X-Auth-Request-')

import type { IncomingMessage } from 'node:http'
import { readConstraints } from '../../access/auth-constraints.js'
import type { ClientFacts } from '../../access/forwarded.js'
import { readOriginalRequest } from '../../access/original-request.js'
import type { Rule } from '../../access/rules.js'
import type { StepUp } from '../../access/step-up.js'
import { remember } from '../../remember.js'
import type { Answer } from '../answers.js'
import type { Arrival } from '../arrival.js'
import type { EndpointContext } from '../endpoint-context.js'
import {
  admittedHeaders,
  type ForwardAuth,
  logUnnamed,
  logUntrusted,
  logWithoutRules,
  namesRequest,
} from '../forward-auth.js'
import { allowedProviders, loginPaths, type NeededLogin, returnToOf } from '../login-prompt.js'
import { type DecideSubrequest, type Grant, granting } from '../subrequests.js'
import { type Admission, identityOf, type Verdict } from '../verdict.js'

/**
 * `GET /auth`, for nginx `auth_request`: 202 with who it is, 401 or 403, and never a redirect. What cannot be
 * decided right now is 503, of which nginx makes a 500.
 *
 * A trusted proxy must say which request it asks about, and the routes decide. It may not leave that open: most
 * hand a client's headers on, and then the client would name one. Nothing that anybody else says counts; there,
 * any session will do, and no token is told, since it may be a browser that asks.
 */
export function createAuth(context: EndpointContext, forwardAuth: ForwardAuth): DecideSubrequest {
  const { publicUrl, paths, answers } = context
  const { judge, refuse, anySession, readOriginalArrival, clientOf, missing } = forwardAuth
  const scheme = publicUrl.protocol === 'https:' ? 'https' : 'http'
  const loginPath = loginPaths(paths, context.providers.size > 1)

  /** Decides for a peer whose word counts for nothing, and tells the operator. */
  async function decideForAnybody(
    request: IncomingMessage,
    client: ClientFacts,
    constraints: Rule | undefined,
  ): Promise<Answer> {
    const decision = await decide(request, anything(client), constraints)
    return (asked, reply) => {
      if (namesRequest(request)) logUntrusted(asked, client)
      if (typeof decision === 'function') return decision(asked, reply)
      if (forwardAuth.hasRules) logWithoutRules(asked, client)
      return granting(answers, decision)(asked, reply)
    }
  }

  function anything(client: ClientFacts): Arrival {
    const original = { method: 'GET', target: '/', host: publicUrl.hostname }
    const arrival = readOriginalArrival({ ...original, client })
    return { ...arrival, location: { kind: 'route', route: anySession, index: anySession.index } }
  }

  async function decide(
    request: IncomingMessage,
    arrival: Arrival,
    constraints: Rule | undefined,
  ): Promise<Grant | Answer> {
    const verdict = await judge(arrival, request)
    if (verdict.kind !== 'admitted') return refuseForNginx(arrival, verdict)
    const { admission } = verdict
    if (constraints === undefined) return grant(request, admission)

    // Whoever was admitted is held to what the query demands; a stranger or a public route satisfies none of it.
    const identity = identityOf(admission)
    if (identity === undefined) return decide(request, anything(clientOf(request)), constraints)
    const lacking = missing(constraints, identity, admission)
    if (lacking.length === 0) return grant(request, admission)
    const forbidden = { kind: 'forbidden', admission, missing: lacking } as const
    return (asked, reply) => refuse(asked, reply, admission.arrival, forbidden)
  }

  function grant(request: IncomingMessage, admission: Admission): Grant {
    const admitted = admittedHeaders(forwardAuth, request, admission)
    const headers = admitted.map((text, index) => (index % 2 === 0 ? nameForNginx(text) : text))
    return { status: 202, headers }
  }

  function refuseForNginx(arrival: Arrival, verdict: Refused): Answer {
    const refusing =
      (refused: Refused): Answer =>
      (asked, reply) =>
        refuse(asked, reply, arrival, refused)
    switch (verdict.kind) {
      case 'refused':
        return deny(verdict.target.reason)
      case 'not-found':
        return deny('no route matches, or the path is one of Valetkey')
      case 'login-required':
        return askForLogin(arrival, firstLogin(arrival, verdict.stepUp))
      case 'step-up-required':
        return askForLogin(arrival, context.stepUps.neededLogin(verdict))
      case 'bearer-refused':
        return refusing(forNginx(verdict))
      case 'step-up-failed':
      case 'other-provider':
      case 'foreign':
      case 'forbidden':
      case 'refresh-unavailable':
      case 'upstream-token-refused':
        return refusing(verdict)
    }
  }

  function firstLogin(arrival: Arrival, demand: StepUp | undefined): AuthLogin {
    const stepUp = demand && context.stepUpSeal.seal({ ...demand, attempt: 0 })
    const allowed = allowedProviders(arrival)
    return {
      code: 'ERR_LOGIN_REQUIRED',
      pathTo: (returnTo) => loginPath({ returnTo, allowed, stepUp }),
    }
  }

  /**
   * With the address of a login that comes back to what was asked for, where that is known. It carries what the login
   * is to bring and for how many times in a row, so that an ingress which redirects to it makes no circle (STEP-2).
   */
  function askForLogin(arrival: Arrival, { code, challenge, pathTo }: AuthLogin): Answer {
    if (!arrival.client.trusted) {
      return (asked, reply) => answers.problem(asked, reply, code, { challenge })
    }
    return (asked, reply) => {
      const login = publicUrl.origin + pathTo(returnToOf(context, asked, arrival))
      const headers = { 'x-auth-redirect': login }
      const extras = { login_url: login }
      return answers.problem(asked, reply, code, { headers, extras, challenge })
    }
  }

  /** nginx takes no other refusals than 401 and 403. */
  function deny(reason: string): Answer {
    const code = 'ERR_ORIGINAL_REQUEST'
    return (asked, reply) => {
      asked.log.info({ code, reason }, 'forward auth refused')
      return answers.problem(asked, reply, code)
    }
  }

  return async function decideAuth(request) {
    const constraints = constraintsOf(request)
    if (constraints === 'malformed') return deny('the constraints are malformed')
    const client = clientOf(request)
    if (!client.trusted) return decideForAnybody(request, client, constraints)
    const original = readOriginalRequest(client, request.rawHeaders, scheme)
    if (original?.kind === 'refused') return deny(original.reason)
    if (original !== undefined) {
      return decide(request, readOriginalArrival({ ...original, client }), constraints)
    }
    return (asked, reply) => {
      logUnnamed(asked)
      return deny('no request is named')(asked, reply)
    }
  }
}

type AuthLogin = Pick<NeededLogin, 'code' | 'challenge' | 'pathTo'>

type Refused = Exclude<Verdict, { kind: 'admitted' }>

/** A header that holds no token is refused like a bad token, since nginx makes a 500 of 400. */
function forNginx(verdict: Extract<Verdict, { kind: 'bearer-refused' }>): typeof verdict {
  const { refusal } = verdict
  if (refusal.code !== 'ERR_BEARER_REQUEST') return verdict
  return { ...verdict, refusal: { ...refusal, code: 'ERR_BEARER_TOKEN' } }
}

function constraintsOf({ url = '' }: IncomingMessage): ReturnType<typeof readConstraints> {
  const question = url.indexOf('?')
  return question === -1 ? undefined : readConstraints(new URLSearchParams(url.slice(question + 1)))
}

/** oauth2-proxy calls them so, and what is configured for it goes on working. */
const nameForNginx = remember((name) => name.replace('X-Forwarded-', 'X-Auth-Request-'))

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { LiveSession } from '../../session/sessions.js'
import { type EndpointContext, isActivity, peekSession, withHead } from '../endpoint-context.js'
import { findSession } from '../find-session.js'

/** `GET /userinfo` tells who is signed in, `GET /session` until when; neither shows a token. */
export function registerSession(scope: FastifyInstance, context: EndpointContext): void {
  const { paths, answers, clock } = context

  function refuse(request: FastifyRequest, reply: FastifyReply): FastifyReply {
    return answers.problem(request, reply, 'ERR_LOGIN_REQUIRED')
  }

  scope.get(paths.userinfo, withHead, async (request, reply) => {
    const extend = isActivity(request)
    const live = await findSession(context, request.raw.headers.cookie, clock(), { extend })
    if (live === undefined) return refuse(request, reply)
    return answers.json(reply, 'USERINFO', userinfoOf(live, context.groupsOf(live)))
  })

  // An application may poll this to warn of the end, so asking must not put the end off.
  scope.get(paths.session, withHead, async (request, reply) => {
    const now = clock()
    const live = await peekSession(context, request, now)
    if (live === undefined) return refuse(request, reply)
    return answers.json(reply, 'SESSION', sessionOf(live, context.inactivityTimeoutMs, now))
  })
}

function userinfoOf({ session }: LiveSession, groups: readonly string[]): object {
  const { issuer, sub, providerId, claims } = session.identity
  return {
    provider: providerId,
    issuer,
    sub,
    name: claims['name'],
    preferred_username: claims['preferred_username'],
    email: claims['email'],
    email_verified: claims['email_verified'],
    groups,
  }
}

function sessionOf(live: LiveSession, inactivityTimeoutMs: number, now: number): object {
  const moment = (prefix: string, at: number) => ({
    [`${prefix}_at`]: new Date(at).toISOString(),
    [`${prefix}_in_seconds`]: Math.max(0, Math.floor((at - now) / 1000)),
  })
  const { createdAt, endsAt, tokens } = live.session
  return {
    created_at: new Date(createdAt).toISOString(),
    last_active_at: new Date(live.lastActiveAt).toISOString(),
    ...moment('expires', endsAt),
    ...moment('inactive', Math.min(live.lastActiveAt + inactivityTimeoutMs, endsAt)),
    ...moment('access_token_expires', tokens.accessTokenExpiresAt),
  }
}

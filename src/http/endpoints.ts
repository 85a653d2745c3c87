import cookie from '@fastify/cookie'
import type { FastifyInstance } from 'fastify'
import { createBodyDeadline } from './body-deadline.js'
import type { EndpointContext } from './endpoint-context.js'
import { registerAuth } from './routes/auth.js'
import { registerBackchannelLogout } from './routes/backchannel-logout.js'
import { registerCallback } from './routes/callback.js'
import { registerExtAuthz } from './routes/ext-authz.js'
import { registerForwardAuth } from './routes/forward-auth.js'
import { registerFrontchannelLogout } from './routes/frontchannel-logout.js'
import { registerJwks } from './routes/jwks.js'
import { registerLogin } from './routes/login.js'
import { registerSession } from './routes/session.js'
import { registerSessions } from './routes/sessions.js'
import { registerSignOut } from './routes/sign-out.js'

const largestForm = 64 * 1024
const bodyDeadlineMs = 10_000

/** Registers the endpoints under `basePath`; any other path there is not found. */
export async function registerEndpoints(
  scope: FastifyInstance,
  context: EndpointContext,
): Promise<void> {
  await scope.register(cookie)
  scope.addHook('preParsing', createBodyDeadline(bodyDeadlineMs))
  scope.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string', bodyLimit: largestForm },
    (_request, body, done) => done(null, new URLSearchParams(String(body))),
  )
  registerLogin(scope, context)
  registerCallback(scope, context)
  registerSignOut(scope, context)
  registerSession(scope, context)
  registerSessions(scope, context)
  registerJwks(scope, context)
  registerBackchannelLogout(scope, context)
  registerFrontchannelLogout(scope, context)
  if (!context.answersSubrequests) return
  registerAuth(scope, context)
  registerForwardAuth(scope, context)
  registerExtAuthz(scope, context)
}

/** The paths that are served; the others under `basePath` are not found. */
export function servedPaths({
  paths,
  answersSubrequests,
}: Pick<EndpointContext, 'paths' | 'answersSubrequests'>): readonly string[] {
  const { start, callback, signIn, signOut, signedOut, userinfo, session, sessions, jwks } = paths
  const { backchannelLogout, frontchannelLogout, auth, forwardAuth, extAuthz } = paths
  return [
    start,
    callback,
    signIn,
    signOut,
    signedOut,
    userinfo,
    session,
    sessions,
    jwks,
    backchannelLogout,
    frontchannelLogout,
    ...(answersSubrequests ? [auth, forwardAuth, extAuthz] : []),
  ]
}

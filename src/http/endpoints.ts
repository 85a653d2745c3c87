import cookie from '@fastify/cookie'
import type { FastifyInstance } from 'fastify'
import { createBodyDeadline } from './body-deadline.js'
import type { EndpointContext } from './endpoint-context.js'
import { createAuth } from './routes/auth.js'
import { registerBackchannelLogout } from './routes/backchannel-logout.js'
import { callbackPaths, registerCallback } from './routes/callback.js'
import { registerClientJwks } from './routes/client-jwks.js'
import { createExtAuthz } from './routes/ext-authz.js'
import { createForwardAuth } from './routes/forward-auth.js'
import { registerFrontchannelLogout } from './routes/frontchannel-logout.js'
import { registerInitiateLogin } from './routes/initiate-login.js'
import { registerJwks } from './routes/jwks.js'
import { registerLogin } from './routes/login.js'
import { registerSession } from './routes/session.js'
import { registerSessions } from './routes/sessions.js'
import { registerSignIn } from './routes/sign-in.js'
import { registerSignOut } from './routes/sign-out.js'
import type { DecideSubrequest } from './subrequests.js'
import { bodyDeadlineMs } from './upload-deadline.js'

const largestForm = 64 * 1024

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
  registerSignIn(scope, context)
  registerCallback(scope, context)
  registerInitiateLogin(scope, context)
  registerSignOut(scope, context)
  registerSession(scope, context)
  registerSessions(scope, context)
  registerJwks(scope, context)
  registerClientJwks(scope, context)
  registerBackchannelLogout(scope, context)
  registerFrontchannelLogout(scope, context)
}

/** Where an ingress asks about requests, and what decides there; by path. */
export function subrequestEndpoints(
  context: EndpointContext,
): ReadonlyMap<string, DecideSubrequest> {
  const { forwardAuth, paths } = context
  if (forwardAuth === undefined) return new Map()
  return new Map([
    [paths.auth, createAuth(context, forwardAuth)],
    [paths.forwardAuth, createForwardAuth(context, forwardAuth)],
    [paths.extAuthz, createExtAuthz(context, forwardAuth)],
  ])
}

/** The paths that are served besides those of subrequests; the others under `basePath` are not found. */
export function servedPaths({
  paths,
  providers,
}: Pick<EndpointContext, 'paths' | 'providers'>): readonly string[] {
  const { start, signIn, signOut, signedOut, userinfo, session, sessions, jwks, clientJwks } = paths
  const { backchannelLogout, frontchannelLogout } = paths
  return [
    start,
    ...callbackPaths(paths, providers),
    paths.initiateLogin,
    signIn,
    signOut,
    signedOut,
    userinfo,
    session,
    sessions,
    jwks,
    clientJwks,
    backchannelLogout,
    frontchannelLogout,
  ]
}

import type { FastifyInstance } from 'fastify'
import { decide } from '../access/decide.js'
import { createClientFacts } from '../access/forwarded.js'
import { parseReturnTo } from '../access/return-to.js'
import { compileRoutes } from '../access/route-table.js'
import type { Config } from '../config/schema.js'
import { createAnswers } from '../http/answers.js'
import { createArrivals } from '../http/arrival.js'
import { createCookieWriter, pendingLoginLifetimeMs } from '../http/cookie-writer.js'
import { createCookieNames } from '../http/cookies.js'
import { sharingHeaders } from '../http/cross-origin.js'
import type { EndpointContext, EndpointEvents } from '../http/endpoint-context.js'
import { readBeginning } from '../http/login-beginning.js'
import { createLoginTrail } from '../http/login-trail.js'
import { createGate } from '../http/gate.js'
import { createJudge } from '../http/judge.js'
import { createKeptForms } from '../http/kept-forms.js'
import { createLoginPrompt } from '../http/login-prompt.js'
import { createPaths } from '../http/paths.js'
import { createPendingLogins } from '../http/pending-logins.js'
import { createReturnState } from '../http/return-state.js'
import { createServer } from '../http/server.js'
import { type ClaimPath, groupsOf } from '../identity/claims.js'
import { isReservedHeader } from '../identity/reserved-headers.js'
import { createSessionHeaders } from '../identity/session-headers.js'
import { createForwarder } from '../proxy/forwarder.js'
import type { SessionStore } from '../session/session-store.js'
import type { Identity } from '../session/session.js'
import type { Sessions } from '../session/sessions.js'
import type { Metrics } from '../telemetry/metrics.js'
import { createRequestIds } from '../telemetry/request-id.js'
import { createAssertions } from './assertions.js'
import { createCloseWithSession } from './close-with-session.js'
import { createForwardPlans } from './forward-plans.js'
import { createLogoutReplays } from './logout-replays.js'
import { createLimitedSessions } from './limited-sessions.js'
import { createRetiredSessions } from './retired-sessions.js'
import { createRevocations, type Revocations } from './revocations.js'
import type { SessionParts } from './sessions.js'

/** The public listener of a configuration: the endpoints, the gate, and the way to the upstreams. */
export async function createPublicServer(
  config: Config,
  parts: SessionParts & { readonly store: SessionStore; readonly sessions: Sessions },
): Promise<FastifyInstance> {
  const { keyRing, providers, store, sessions, metrics, logger, clock } = parts
  const publicUrl = new URL(config.publicUrl)
  const { basePath } = config
  const { domain, sameSite } = config.session.cookie
  const paths = createPaths(basePath)
  const cookieNames = createCookieNames({ publicUrl: config.publicUrl, domain })
  const formPost = config.providers.some(({ responseMode }) => responseMode === 'form_post')
  const cookieWriter = createCookieWriter({
    names: cookieNames,
    domain,
    sameSite,
    lifetimeMs: config.session.lifetime,
    formPost,
    onOversized: (cookie, octets) => logger.warn({ cookie, octets }, 'cookie too large to be kept'),
  })
  // Of Valetkey's own addresses this one alone is a place to return to.
  const parse = (value: string | undefined) =>
    value === paths.sessions
      ? value
      : parseReturnTo(value, { publicUrl: config.publicUrl, hosts: config.returnToHosts, basePath })

  const groupsClaims = new Map(config.providers.map(({ id, groupsClaim }) => [id, groupsClaim]))
  const groupsClaimOf = (identity: Identity): ClaimPath =>
    groupsClaims.get(identity.providerId) ?? 'groups'
  const assertions = createAssertions(keyRing, publicUrl.origin)
  const table = compileRoutes(config.routes, { basePath })
  const planForward = createForwardPlans({
    routes: table.routes,
    scheme: publicUrl.protocol.slice(0, -1),
    closeWithSession: createCloseWithSession(sessions, logger),
    sessionHeaders: createSessionHeaders({ groupsClaimOf, assertions }),
  })

  const readArrival = createArrivals({ routes: table, clientFacts: createClientFacts(config) })
  const answers = createAnswers({
    publicUrl: config.publicUrl,
    paths,
    sharingHeaders({ raw }) {
      const { location } = readArrival(raw)
      if (location.kind !== 'route') return {}
      return sharingHeaders(raw.headers, location.route.config.crossOrigin)
    },
  })
  const judge = createJudge({
    publicUrl,
    sessions,
    cookieNames,
    decide: (route, identity, now) =>
      decide(route, identity, now, {
        groupsClaim: identity === undefined ? 'groups' : groupsClaimOf(identity),
      }),
    clock,
  })
  const keptForms = createKeptForms({
    keyRing,
    names: cookieNames,
    writer: cookieWriter,
    store: store.forms,
  })
  const endpoints: EndpointContext = {
    publicUrl,
    paths,
    answers,
    cookieNames,
    cookieWriter,
    providers,
    pendingLogins: createPendingLogins({ keyRing, names: cookieNames, writer: cookieWriter }),
    returnState: createReturnState(keyRing),
    keptForms,
    loginTrail: createLoginTrail({ names: cookieNames, writer: cookieWriter }),
    cookieSetup: {
      publicUrl,
      secure: cookieNames.secure,
      domain,
      sameSite,
      formPost,
      loginLifetimeMs: pendingLoginLifetimeMs,
      inMemory: config.session.store === 'memory',
    },
    beginningOf: ({ raw }, now) => readBeginning(raw, readArrival(raw).client, now),
    sessions,
    consumeState: (state, now) => store.consumeOnce(`login ${state}`, now + pendingLoginLifetimeMs),
    retireSession: createRetiredSessions({ sessions, logger, clock }),
    logoutReplays: createLogoutReplays(store),
    limitSessions: createLimitedSessions({
      sessions,
      maxPerUser: config.session.maxPerUser,
      metrics,
      logger,
    }),
    clientOf: ({ raw }) => ({
      userAgent: raw.headers['user-agent'],
      address: readArrival(raw).facts.clientAddress,
    }),
    parseReturnTo: parse,
    groupsOf: ({ session: { identity } }) => groupsOf(identity, groupsClaimOf(identity)),
    jwks: assertions.jwks,
    inactivityTimeoutMs: config.session.inactivityTimeout,
    keepFragment: config.keepFragment,
    sameSite,
    events: recordEndpointEvents(metrics, createRevocations({ providers, metrics, logger })),
    clock,
  }

  const forwarder = createForwarder({
    isReservedHeader,
    isAnswerHeader: (name) => name === 'x-valetkey-answer',
    isOwnCookie: cookieNames.isOwnCookie,
    onUpstreamResponse: metrics.upstreamAnswered,
    onUpstreamError(request, reply, error) {
      metrics.upstreamError(error.code)
      answers.error(request, reply, error)
    },
  })

  return createServer({
    logger,
    newRequestId: createRequestIds(),
    readArrival,
    answers,
    gate: createGate({
      publicUrl,
      paths,
      judge,
      answers,
      promptForLogin: createLoginPrompt({
        publicUrl,
        paths,
        answers,
        keptForms,
        parseReturnTo: parse,
        severalProviders: providers.size > 1,
        clock,
      }),
    }),
    endpoints,
    registerForwarder: forwarder.register,
    onAdmission(request, admission) {
      request.forwardPlan = planForward(request, admission)
    },
    onAnswered(request, reply, answer) {
      metrics.request(answer)
      if (!logger.isLevelEnabled('debug')) return
      const durationMs = Math.round(reply.elapsedTime)
      request.log.debug({ req: request, res: reply, answer, durationMs }, 'answered')
    },
  })
}

function recordEndpointEvents(metrics: Metrics, revocations: Revocations): EndpointEvents {
  return {
    onLogin(request, { providerId, code, live }) {
      metrics.login(code)
      if (live !== undefined) metrics.sessionCreated()
      const sub = live?.session.identity.sub
      request.log.info({ provider: providerId, code, session: live?.key, sub }, 'login')
    },
    onSignOut(request, { key, session }) {
      metrics.sessionEnded('signed_out')
      request.log.info({ session: key, sub: session.identity.sub }, 'signed out')
      revocations.revoke(key, session)
    },
    onProviderLogout(request, { channel, issuer, sid, sub, ended }) {
      for (let count = 0; count < ended; count++) metrics.sessionEnded(`${channel}_logout`)
      request.log.info({ channel, issuer, sid, sub, ended }, 'logged out by the provider')
    },
    onSessionsEnded(request, { key, session }, ended) {
      for (let each = 0; each < ended; each++) metrics.sessionEnded('ended_by_person')
      request.log.info({ session: key, sub: session.identity.sub, ended }, 'other sessions ended')
    },
  }
}

import type { FastifyInstance } from 'fastify'
import { decide } from '../access/decide.js'
import { createClientFacts } from '../access/forwarded.js'
import { methodsMatter } from '../access/method-rules.js'
import { parseReturnTo } from '../access/return-to.js'
import { compileRoutes } from '../access/route-table.js'
import { createRuleOptions } from '../access/rule-options.js'
import { findMissing } from '../access/rules.js'
import type { Config } from '../config/schema.js'
import { createAnswers } from '../http/answers.js'
import { createArrivals, createReadAsked } from '../http/arrival.js'
import { type Check, createCheck } from '../http/check.js'
import { createCookieWriter, pendingLoginLifetimeMs } from '../http/cookie-writer.js'
import { createCookieNames } from '../http/cookies.js'
import { sharingHeaders } from '../http/cross-origin.js'
import type { EndpointContext, EndpointEvents } from '../http/endpoint-context.js'
import { createFormPrompt } from '../http/form-prompt.js'
import type { ForwardAuth } from '../http/forward-auth.js'
import { createGate, createRefusals } from '../http/gate.js'
import { readBeginning } from '../http/login-beginning.js'
import { createLoginTrail } from '../http/login-trail.js'
import { createJudge } from '../http/judge.js'
import { createKeptForms } from '../http/kept-forms.js'
import { createLoginPrompt } from '../http/login-prompt.js'
import { createPaths } from '../http/paths.js'
import { createPendingLogins } from '../http/pending-logins.js'
import { createRenderer } from '../http/renderer.js'
import { createReturnState } from '../http/return-state.js'
import { createServer } from '../http/server.js'
import { createStepUpSeal } from '../http/step-up-seal.js'
import { createStepUps } from '../http/step-ups.js'
import { createChallengeAnswers } from '../http/upstream-challenge.js'
import { type ClaimPath, groupsOf } from '../identity/claims.js'
import { isMethodOverrideHeader, isReservedHeader } from '../identity/reserved-headers.js'
import { createSessionHeaders } from '../identity/session-headers.js'
import { createBearerTokens } from '../oidc/bearer-tokens.js'
import { createForwarder } from '../proxy/forwarder.js'
import { withoutOwnCookies } from '../proxy/own-cookies.js'
import type { SessionStore } from '../session/session-store.js'
import type { Identity } from '../session/session.js'
import type { Sessions } from '../session/sessions.js'
import type { Metrics } from '../telemetry/metrics.js'
import { createRequestIds } from '../telemetry/request-id.js'
import { anySession } from './any-session.js'
import { createAssertions } from './assertions.js'
import { createCallerHeaders } from './caller-headers.js'
import { readCertificate } from './certificate-files.js'
import { createCloseAtExpiry } from './close-at-expiry.js'
import { createCloseWithSession } from './close-with-session.js'
import { createForwardPlans } from './forward-plans.js'
import { createLogoutReplays } from './logout-replays.js'
import { createLimitedSessions } from './limited-sessions.js'
import { createRetiredSessions } from './retired-sessions.js'
import { createRevocations, type Revocations } from './revocations.js'
import type { SessionParts } from './sessions.js'

/** The ways in for the public: a listener, and a function for what asks in another protocol than HTTP. */
export interface PublicServer {
  readonly server: FastifyInstance
  readonly check: Check
}

/** The public listener of a configuration: the endpoints, the gate, and the way to the upstreams. */
export async function createPublicServer(
  config: Config,
  parts: SessionParts & { readonly store: SessionStore; readonly sessions: Sessions },
): Promise<PublicServer> {
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

  const ruleOptionsOf = createRuleOptions(config.providers)
  const groupsClaimOf = (identity: Identity): ClaimPath => ruleOptionsOf(identity).groupsClaim
  const assertions = createAssertions(keyRing, publicUrl.origin)
  const table = compileRoutes(config.routes, { basePath })
  const callerHeaders = createCallerHeaders(createSessionHeaders({ groupsClaimOf, assertions }))
  const clientFacts = createClientFacts(config)
  const readArrival = createArrivals({ routes: table, clientFacts })
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
    bearerTokens: createBearerTokens([...providers.values()]),
    onBearer: metrics.bearer,
    decide: (route, identity, facts, now) =>
      decide(route, identity, facts, now, ruleOptionsOf(identity)),
    clock,
  })
  const loginPlaces = {
    publicUrl,
    paths,
    answers,
    parseReturnTo: parse,
    severalProviders: providers.size > 1,
  }
  const promptForLogin = createLoginPrompt(loginPlaces)
  const stepUpSeal = createStepUpSeal(keyRing)
  const stepUps = createStepUps({ ...loginPlaces, promptForLogin, seal: stepUpSeal })
  const planForward = createForwardPlans({
    routes: table.routes,
    scheme: publicUrl.protocol.slice(0, -1),
    closeWithSession: createCloseWithSession(sessions, logger),
    callerHeaders,
    answerChallenge: createChallengeAnswers(stepUps),
    closeAtExpiry: createCloseAtExpiry({ logger, clock }),
  })
  const keptForms = createKeptForms({
    keyRing,
    names: cookieNames,
    writer: cookieWriter,
    store: store.forms,
  })
  const refuse = createRefusals({
    ...loginPlaces,
    promptForLogin: createFormPrompt({ ...loginPlaces, promptForLogin, keptForms, clock }),
    stepUps,
  })
  const isReserved = methodsMatter(config.routes)
    ? (name: string) => isReservedHeader(name) || isMethodOverrideHeader(name)
    : isReservedHeader
  const forwardAuth: ForwardAuth = {
    judge,
    readAsked: createReadAsked(table),
    refuse,
    anySession: anySession(),
    hasRules: table.routes.some((route) => route.require !== undefined),
    clientOf: (request) => readArrival(request).client,
    callerHeaders,
    missing: (constraint, identity, { arrival: { facts }, now }) =>
      findMissing(constraint, { identity, facts, now, options: ruleOptionsOf(identity) }),
    isReservedHeader: isReserved,
    withoutOwnCookies: (cookie) => withoutOwnCookies(cookie, cookieNames.isOwnCookie),
  }
  const endpoints: EndpointContext = {
    publicUrl,
    paths,
    answers,
    cookieNames,
    cookieWriter,
    providers,
    pendingLogins: createPendingLogins({ keyRing, names: cookieNames, writer: cookieWriter }),
    returnState: createReturnState(keyRing),
    stepUpSeal,
    stepUps,
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
    forwardAuth,
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
    isReservedHeader: isReserved,
    isAnswerHeader: (name) => name === 'x-valetkey-answer',
    isOwnCookie: cookieNames.isOwnCookie,
    onFinalRecipient(_request, reply) {
      answers.empty(reply, 'OPTIONS', 204)
    },
    onUpstreamResponse: metrics.upstreamAnswered,
    onUpstreamError(request, reply, error) {
      if (error.statusCode >= 500) metrics.upstreamError(error.code)
      answers.error(request, reply, error)
    },
  })

  const newRequestId = createRequestIds()
  const server = await createServer({
    certificate: config.tls && readCertificate(config.tls),
    logger,
    newRequestId,
    readArrival,
    answers,
    gate: createGate({ judge, refuse }),
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
  const check = createCheck({
    forwardAuth,
    clientFacts,
    answers,
    renderAnswer: createRenderer({ url: paths.extAuthz, logger, newRequestId, answers }),
    onAnswered: metrics.request,
  })
  return { server, check }
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

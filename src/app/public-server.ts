import type { FastifyInstance } from 'fastify'
import { createClientFacts } from '../access/forwarded.js'
import { createLoginDemands } from '../access/login-demand.js'
import { methodsMatter } from '../access/method-rules.js'
import { compileRoutes } from '../access/route-table.js'
import type { Config } from '../config/schema.js'
import { createAnswers } from '../http/answers.js'
import { createArrivals, createOriginalArrivals } from '../http/arrival.js'
import { type Check, createCheck } from '../http/check.js'
import { sharingHeaders } from '../http/cross-origin.js'
import type { ForwardAuth } from '../http/forward-auth.js'
import { createJudge } from '../http/judge.js'
import type { Certificate } from '../http/listener.js'
import { createPaths } from '../http/paths.js'
import { createRenderer } from '../http/renderer.js'
import { createParseReturnTo } from '../http/return-to.js'
import { createServer } from '../http/server.js'
import { createHeadersToRemove } from '../identity/headers-to-remove.js'
import { createReservedHeaders, isMethodOverrideHeader } from '../identity/reserved-headers.js'
import { sentHeaderNames } from '../identity/sent-headers.js'
import { createBearerTokens } from '../oidc/bearer-tokens.js'
import { withoutOwnCookies } from '../proxy/own-cookies.js'
import { createRequestIds } from '../telemetry/request-id.js'
import { anySession } from './any-session.js'
import type { Assertions } from './assertions.js'
import { createBrowserCookies } from './browser-cookies.js'
import { createEndpointContext, type EndpointParts } from './endpoint-context.js'
import { createForwarding } from './forwarding.js'
import { createIdentities } from './identities.js'
import { createLoginPrompts } from './login-prompts.js'
import { createRouteTokens } from './upstream-tokens.js'

/** The ways in for the public: a listener, and what asks in another protocol than HTTP, for who needs it. */
export interface PublicServer {
  readonly server: FastifyInstance
  readonly createCheck: () => Check
}

/** The public listener of a configuration: the endpoints, the gate, and the way to the upstreams. */
export async function createPublicServer(
  config: Config,
  parts: EndpointParts & {
    readonly certificate: Certificate | undefined
    readonly assertions: Assertions
  },
): Promise<PublicServer> {
  const { certificate, keyRing, providers, sessions, metrics, logger, clock } = parts
  const { basePath } = config
  const publicUrl = new URL(config.publicUrl)
  const paths = createPaths(basePath)
  const cookies = createBrowserCookies(config, parts)
  const { cookieNames, keptForms } = cookies
  const identities = createIdentities(config, parts.assertions)
  const { decide, missing, callerHeaders } = identities

  const table = compileRoutes(config.routes, { basePath })
  const clientFacts = createClientFacts(config)
  const readArrival = createArrivals({ routes: table, clientFacts })

  const judge = createJudge({
    publicUrl,
    sessions,
    cookieNames,
    bearerTokens: createBearerTokens([...providers.values()]),
    upstreamTokens: createRouteTokens(config, parts),
    onBearer: metrics.bearer,
    decide,
    clock,
  })

  const answers = createAnswers({
    publicUrl: config.publicUrl,
    paths,
    sharingHeaders({ raw }) {
      const { location } = readArrival(raw)
      if (location.kind !== 'route') return {}
      return sharingHeaders(raw.headers, location.route.config.crossOrigin)
    },
  })
  const returnToOptions = { publicUrl: config.publicUrl, hosts: config.returnToHosts, basePath }
  const entrance = {
    publicUrl,
    paths,
    answers,
    parseReturnTo: createParseReturnTo(returnToOptions, paths.sessions),
  }
  const severalProviders = providers.size > 1
  const loginPrompts = createLoginPrompts({
    ...entrance,
    severalProviders,
    providers,
    keyRing,
    keptForms,
    clock,
  })
  const { refuse, stepUps } = loginPrompts

  const sentNames = sentHeaderNames(config.routes)
  const isReservedHeader = createReservedHeaders(sentNames)
  const isReserved = methodsMatter(config.routes)
    ? (name: string) => isReservedHeader(name) || isMethodOverrideHeader(name)
    : isReservedHeader
  const forwardAuth: ForwardAuth = {
    judge,
    readOriginalArrival: createOriginalArrivals(table),
    refuse,
    anySession: anySession(),
    hasRules: table.routes.some(
      ({ require, config: { providers: allowed } }) => (require ?? allowed) !== undefined,
    ),
    clientOf: (request) => readArrival(request).client,
    callerHeaders,
    missing,
    headersToRemove: createHeadersToRemove({ isReserved, neverFromClients: sentNames }),
    withoutOwnCookies: (cookie) => withoutOwnCookies(cookie, cookieNames.isOwnCookie),
  }
  const newRequestId = createRequestIds()
  const server = await createServer({
    certificate,
    logger,
    newRequestId,
    readArrival,
    answers,
    judge,
    refuse,
    endpoints: createEndpointContext(config, parts, {
      ...entrance,
      cookies,
      identities,
      loginPrompts,
      readArrival,
      forwardAuth,
      findDemandAt: createLoginDemands(table, publicUrl),
    }),
    createForwarding: (answerWith) =>
      createForwarding({
        publicUrl,
        routes: table.routes,
        isReservedHeader: isReserved,
        cookieNames,
        callerHeaders,
        stepUps,
        answers,
        sessions,
        metrics,
        logger,
        clock,
        answerWith,
      }),
    onGranted(request, response) {
      metrics.request('ACCESS_GRANTED')
      if (!logger.isLevelEnabled('debug')) return
      logger.debug({ req: request, res: response, answer: 'ACCESS_GRANTED' }, 'answered')
    },
    onAnswered(request, reply, answer) {
      metrics.request(answer)
      if (!logger.isLevelEnabled('debug')) return
      const durationMs = Math.round(reply.elapsedTime)
      request.log.debug({ req: request, res: reply, answer, durationMs }, 'answered')
    },
  })
  return {
    server,
    createCheck: () =>
      createCheck({
        forwardAuth,
        clientFacts,
        answers,
        renderAnswer: createRenderer({ url: paths.extAuthz, logger, newRequestId, answers }),
        onAnswered: metrics.request,
      }),
  }
}

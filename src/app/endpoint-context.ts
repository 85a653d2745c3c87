import { createHomeRealms } from '../access/home-realm.js'
import type { FindDemandAt } from '../access/login-demand.js'
import type { Config } from '../config/schema.js'
import type { ReadArrival } from '../http/arrival.js'
import { pendingLoginLifetimeMs } from '../http/cookie-writer.js'
import type { EndpointContext } from '../http/endpoint-context.js'
import type { ForwardAuth } from '../http/forward-auth.js'
import { readBeginning } from '../http/login-beginning.js'
import { createReturnState } from '../http/return-state.js'
import type { SessionStore } from '../session/session-store.js'
import type { Sessions } from '../session/sessions.js'
import type { BrowserCookies } from './browser-cookies.js'
import { createCallbackPaths } from './callback-paths.js'
import { recordEndpointEvents } from './endpoint-events.js'
import type { Identities } from './identities.js'
import { createLimitedSessions } from './limited-sessions.js'
import type { LoginPrompts } from './login-prompts.js'
import { createLogoutReplays } from './logout-replays.js'
import { createRetiredSessions } from './retired-sessions.js'
import type { SessionParts } from './sessions.js'

/** The sessions with what they were opened with. */
export type EndpointParts = SessionParts & {
  readonly store: SessionStore
  readonly sessions: Sessions
}

/** What Valetkey's own endpoints work with, of what others made and of what they alone need. */
export function createEndpointContext(
  config: Config,
  { keyRing, providers, store, sessions, metrics, logger, clock }: EndpointParts,
  joined: Pick<EndpointContext, 'publicUrl' | 'paths' | 'answers' | 'parseReturnTo'> & {
    readonly forwardAuth: ForwardAuth
    readonly findDemandAt: FindDemandAt
    readonly cookies: BrowserCookies
    readonly identities: Identities
    readonly loginPrompts: LoginPrompts
    readonly readArrival: ReadArrival
  },
): EndpointContext {
  const { publicUrl, paths, answers, parseReturnTo, forwardAuth, readArrival } = joined
  const { cookies, identities, loginPrompts } = joined
  return {
    publicUrl,
    paths,
    answers,
    ...cookies,
    providers,
    callbackPathOf: createCallbackPaths(config, paths),
    returnState: createReturnState(keyRing),
    stepUpSeal: loginPrompts.stepUpSeal,
    stepUps: loginPrompts.stepUps,
    findDemandAt: joined.findDemandAt,
    homeRealmOf: createHomeRealms(config.providers),
    sessions,
    forwardAuth: config.forwardAuth ? forwardAuth : undefined,
    consumeState: (state, now) => store.consumeOnce(`login ${state}`, now + pendingLoginLifetimeMs),
    logoutReplays: createLogoutReplays(store),
    retireSession: createRetiredSessions({ sessions, logger, clock }),
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
    beginningOf: ({ raw }, now) => readBeginning(raw, readArrival(raw).client, now),
    parseReturnTo,
    groupsOf: identities.groupsOf,
    jwks: identities.jwks,
    inactivityTimeoutMs: config.session.inactivityTimeout,
    keepFragment: config.keepFragment,
    sameSite: config.session.cookie.sameSite,
    events: recordEndpointEvents({ providers, metrics, logger }),
    clock,
  }
}

import type { FastifyRequest } from 'fastify'
import type { FindHomeRealm } from '../access/home-realm.js'
import type { FindDemandAt } from '../access/login-demand.js'
import type { LogoutNotice } from '../session/logout-notice.js'
import type { Tokens } from '../session/session.js'
import type { LiveSession, Sessions } from '../session/sessions.js'
import type { Answers } from './answers.js'
import type { CookieWriter } from './cookie-writer.js'
import type { CookieNames } from './cookies.js'
import { findSession } from './find-session.js'
import type { ForwardAuth } from './forward-auth.js'
import type { LoginProvider } from './login-provider.js'
import type { Paths } from './paths.js'
import type { PendingLogins } from './pending-logins.js'
import type { CookieSetup } from './explain-login.js'
import type { KeptForms } from './kept-forms.js'
import type { LastProvider } from './last-provider.js'
import type { LoginTrail } from './login-trail.js'
import type { LoginBeginning, ReturnState } from './return-state.js'
import type { ParseReturnTo } from './return-to.js'
import type { StepUpSeal } from './step-up-seal.js'
import type { StepUps } from './step-ups.js'

/** What the endpoints tell the log and the metrics. */
export interface EndpointEvents {
  onLogin(
    request: FastifyRequest,
    login: { providerId: string; code: string; live?: LiveSession },
  ): void
  /** `tokens` are those that the session had. */
  onSignOut(request: FastifyRequest, live: LiveSession, tokens: Tokens | undefined): void
  /** The provider had sessions ended. */
  onProviderLogout(
    request: FastifyRequest,
    logout: {
      channel: 'backchannel' | 'frontchannel'
      issuer: string
      sid?: string | undefined
      sub?: string | undefined
      ended: number
    },
  ): void
  /** A person ended so many other sessions of theirs. */
  onSessionsEnded(request: FastifyRequest, live: LiveSession, ended: number): void
}

/** Everything that Valetkey's own endpoints work with. */
export interface EndpointContext {
  readonly publicUrl: URL
  readonly paths: Paths
  readonly answers: Answers
  readonly cookieNames: CookieNames
  readonly cookieWriter: CookieWriter
  readonly providers: ReadonlyMap<string, LoginProvider>
  /** The path of a provider's redirect URI; no two share one, so that no answer passes for another's. */
  callbackPathOf(providerId: string): string
  readonly pendingLogins: PendingLogins
  readonly returnState: ReturnState
  readonly stepUpSeal: StepUpSeal
  readonly stepUps: StepUps
  readonly findDemandAt: FindDemandAt
  readonly loginTrail: LoginTrail
  readonly lastProvider: LastProvider
  /** Which providers an e-mail address leads to; undefined where none has domains. */
  readonly homeRealmOf: FindHomeRealm | undefined
  readonly keptForms: KeptForms
  readonly cookieSetup: CookieSetup
  readonly sessions: Sessions
  /** For the endpoints of forward auth, where they are served. */
  readonly forwardAuth: ForwardAuth | undefined
  /** True the first time a state is presented within the life of a pending login, over all replicas. */
  consumeState(state: string, now: number): Promise<boolean>
  /** Whether a logout token was obeyed before, over all replicas; and the note that it was. */
  readonly logoutReplays: {
    isKnown(notice: LogoutNotice): Promise<boolean>
    /** False when another request noted it first. */
    note(notice: LogoutNotice): Promise<boolean>
  }
  /** Ends the session that a new login of the same browser takes the place of. */
  retireSession(previous: LiveSession, successor: LiveSession): Promise<void>
  /** Ends the oldest sessions of a person who has too many with `live`; retired ones do not count. */
  limitSessions(live: LiveSession): Promise<void>
  /** What is known of the client, for the list of sessions. */
  clientOf(request: FastifyRequest): {
    readonly userAgent?: string | undefined
    readonly address: string
  }
  /** Where and when a login begins that this request asks for. */
  beginningOf(request: FastifyRequest, now: number): LoginBeginning
  readonly parseReturnTo: ParseReturnTo
  /** The groups of a session's person. */
  groupsOf(live: LiveSession): readonly string[]
  /** The public keys of the identity assertion, and for how long they may be kept. */
  readonly jwks: (now: number) => {
    readonly keys: readonly object[]
    readonly maxAgeSeconds: number
  }
  readonly inactivityTimeoutMs: number
  /** Whether the fragment of an address survives a login. */
  readonly keepFragment: boolean
  readonly sameSite: 'lax' | 'strict' | 'none'
  readonly events: EndpointEvents
  readonly clock: () => number
}

/** How a page names the login that a fragment waits for; not all of the state, which is a secret. */
export function fragmentName(state: string): string {
  return state.slice(0, 16)
}

/** The query parameters of a request, with duplicates. */
export function queryOf(request: FastifyRequest): URLSearchParams {
  const question = request.originalUrl.indexOf('?')
  return new URLSearchParams(question === -1 ? '' : request.originalUrl.slice(question + 1))
}

/** The parameters of a form POST, with duplicates; none when the body is no form. */
export function formOf(request: FastifyRequest): URLSearchParams {
  return request.body instanceof URLSearchParams ? request.body : new URLSearchParams()
}

/**
 * Makes HEAD answer as GET does (RFC 9110 §9.1). For endpoints alone whose GET changes nothing: where it begins a
 * login or ends a session, what GET would answer is not known before that is done, so HEAD is not allowed there.
 */
export const withHead = { exposeHeadRoute: true } as const

/** Whether the request is of somebody who uses the session; HEAD is sent to look, as by a monitor. */
export const isActivity = ({ method }: FastifyRequest): boolean => method !== 'HEAD'

/** The session of a request's ticket, without keeping it alive. Throws StoreUnavailableError. */
export function peekSession(
  context: Pick<EndpointContext, 'cookieNames' | 'sessions'>,
  request: FastifyRequest,
  now: number,
): Promise<LiveSession | undefined> {
  return findSession(context, request.raw.headers.cookie, now, { extend: false })
}

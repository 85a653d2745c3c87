import type { RefusedTarget } from '../access/request-target.js'
import type { CompiledRoute } from '../access/route-table.js'
import type { Missing } from '../access/rules.js'
import type { StepUp } from '../access/step-up.js'
import type { Identity, SentToken } from '../session/session.js'
import type { LiveSession } from '../session/sessions.js'
import type { UpstreamTokenRefusal } from '../session/upstream-tokens.js'
import type { Arrival } from './arrival.js'
import type { BearerCaller, BearerRefusal } from './bearer.js'
import type { Initiator } from './navigation.js'

/** A request that may go to its upstream, with everything that was learned about it. */
export interface Admission {
  readonly arrival: Arrival
  readonly route: CompiledRoute
  /**
   * Whose request it is: somebody's with a session, or a client's with an access token, never both; neither
   * on public routes and for strangers on optional ones.
   */
  readonly live: LiveSession | undefined
  readonly bearer: BearerCaller | undefined
  /** What the upstream gets in the place of the caller's access token, on routes that have it exchanged. */
  readonly upstreamToken?: SentToken
  readonly now: number
}

/** Who makes an admitted request; undefined for strangers. */
export const identityOf = ({ live, bearer }: Admission): Identity | undefined =>
  live?.session.identity ?? bearer?.identity

/** What becomes of a request; how that is said depends on the way in. */
export type Verdict =
  | { readonly kind: 'admitted'; readonly admission: Admission }
  /** The target means several things, or none. */
  | { readonly kind: 'refused'; readonly target: RefusedTarget }
  | { readonly kind: 'not-found' }
  | {
      readonly kind: 'login-required'
      readonly route: CompiledRoute
      /** Whose session has just ended, if that is known. */
      readonly former: Identity | undefined
      /** What the login had better bring at once. */
      readonly stepUp: StepUp | undefined
    }
  /** Another origin made a browser send this with the session. */
  | { readonly kind: 'foreign'; readonly route: CompiledRoute; readonly initiator: Initiator }
  | {
      readonly kind: 'forbidden'
      readonly admission: Admission
      readonly missing: readonly Missing[]
    }
  /** The session is of a provider whose people the route does not take. */
  | {
      readonly kind: 'other-provider'
      readonly admission: Admission
      /** The ids of those that it takes. */
      readonly allowed: readonly string[]
    }
  /** Authenticating again, and better, would be enough. */
  | {
      readonly kind: 'step-up-required'
      readonly admission: Admission
      readonly missing: readonly Missing[]
      readonly stepUp: StepUp
      /** For how many times in a row. */
      readonly attempt: number
    }
  /** That was just tried, and did not bring what is missing. */
  | {
      readonly kind: 'step-up-failed'
      readonly admission: Admission
      readonly missing: readonly Missing[]
      readonly stepUp: StepUp
    }
  /** An access token was presented that does not let the client in. */
  | { readonly kind: 'bearer-refused'; readonly refusal: BearerRefusal }
  /** There is no token for the upstream, so nothing may be forwarded. */
  | {
      readonly kind: 'upstream-token-refused'
      readonly admission: Admission
      readonly refusal: UpstreamTokenRefusal
    }
  /** The access token of the session has expired and cannot be renewed right now. */
  | { readonly kind: 'refresh-unavailable'; readonly retryAfterMs: number }

import type { LogoutNotice } from '../session/logout-notice.js'
import type { Identity, Tokens } from '../session/session.js'
import type { PendingLogin } from './pending-logins.js'
import type { StepUpRequest } from './step-up-seal.js'

/** A provider as the endpoints need it; `oidc/` has the real one. */
export interface LoginProvider {
  readonly id: string
  readonly name: string
  readonly issuer: string
  /** Throws a coded error when the provider does not answer, so that nobody should be sent there now. */
  ensureReachable(): Promise<void>
  /** Whether that is an issuer by which its tokens may name it. */
  isNamed(issuer: string): boolean
  /** The authorization request, with fresh state, nonce and code verifier to be kept until the answer. */
  beginLogin(options: {
    redirectUri: string
    /** Appended to the random state. */
    stateSuffix: string
    /** What the login is to bring beyond what the provider's settings ask. */
    stepUp?: StepUpRequest | undefined
    /** Further parameters of the request: what `hintsIn` found, or what else helps the person; never core ones. */
    hints?: ReadonlyMap<string, string> | undefined
    now: number
  }): Promise<{ url: string; transaction: PendingLogin['transaction'] }>
  /** What of a start URL's query is passed on to the provider; throws a coded error for what may not pass. */
  hintsIn(query: URLSearchParams): ReadonlyMap<string, string>
  /** Verifies the authorization response and buys the tokens; throws a coded error for whatever is wrong. */
  finishLogin(options: {
    redirectUri: string
    parameters: URLSearchParams
    transaction: PendingLogin['transaction']
    /** That of `beginLogin`; a login that does not bring it is refused. */
    stepUp?: StepUpRequest | undefined
    now: number
  }): Promise<{ identity: Identity; tokens: Tokens }>
  /** The RP-initiated logout request, unless the provider offers none. */
  endSessionUrl(options: {
    idTokenHint: string | undefined
    postLogoutRedirectUri: string
    state: string
    claims: Identity['claims']
  }): string | undefined
  /** Whether a logout token claims to be of this provider; nothing is verified yet. */
  isAddressedBy(logoutToken: string): boolean
  /** Verifies a logout token (Back-Channel Logout 1.0 §2.6); throws a coded error. */
  verifyLogoutToken(logoutToken: string, now: number): Promise<LogoutNotice>
  /** The public keys with which Valetkey signs as the client; undefined where it has none. */
  clientJwks(): Promise<object | undefined>
  /** The origins that the provider's pages are at. */
  pageOrigins(): readonly string[]
}

import type { Identity, Tokens } from '../session/session.js'
import type { PendingLogin } from './pending-logins.js'

/** A provider as the endpoints need it; `oidc/` has the real one. */
export interface LoginProvider {
  readonly id: string
  readonly name: string
  /** The authorization request, with fresh state, nonce and code verifier to be kept until the answer. */
  beginLogin(options: {
    redirectUri: string
    /** Appended to the random state. */
    stateSuffix: string
    now: number
  }): Promise<{ url: string; transaction: PendingLogin['transaction'] }>
  /** Verifies the authorization response and buys the tokens; throws a coded error for whatever is wrong. */
  finishLogin(options: {
    redirectUri: string
    parameters: URLSearchParams
    transaction: PendingLogin['transaction']
    now: number
  }): Promise<{ identity: Identity; tokens: Tokens }>
  /** The RP-initiated logout request, unless the provider offers none. */
  endSessionUrl(options: {
    idTokenHint: string
    postLogoutRedirectUri: string
    state: string
  }): string | undefined
}

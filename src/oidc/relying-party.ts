import type { ProviderConfig, TokenTarget } from '../config/schema.js'
import type { LogoutNotice } from '../session/logout-notice.js'
import type { Refresher } from '../session/refresher.js'
import type { SentToken } from '../session/session.js'
import type { AccessToken } from './access-token-claims.js'
import { issuesAccessTokens } from './access-token-issuers.js'
import { issuerNamedBy, verifyAccessToken } from './access-token.js'
import { askedScopes } from './asked-scopes.js'
import { authorizationUrl } from './authorization-url.js'
import { dpopKeyFor } from './dpop.js'
import { checkClient } from './check-client.js'
import { endSessionEndpoint, endSessionUrl, type LogoutRequest } from './end-session.js'
import { finishLogin, type SignIn } from './finish-login.js'
import { requireIntrospectionEndpoint } from './introspection.js'
import { createIntrospector } from './introspector.js'
import { isNamed } from './issued-by.js'
import type { Logger } from './logger.js'
import { isAddressedBy, verifyLogoutToken } from './logout-token.js'
import {
  createLoginTransaction,
  type LoginDemand,
  loginParameters,
  type LoginTransaction,
} from './login-request.js'
import { createProvider } from './provider.js'
import { createRefresher } from './refresh.js'
import { createHintReader, type Hints } from './start-hints.js'
import { type RevocationReport, type RevocableTokens, revokeTokens } from './revocation.js'
import { exchangeForUpstream, type UpstreamToken } from './upstream-token.js'

export type Readiness =
  { readonly ready: true } | { readonly ready: false; readonly reason: string }

/** Valetkey as the client of one provider. Whatever goes wrong is thrown as an OidcError. */
export interface RelyingParty {
  readonly id: string
  readonly name: string
  readonly issuer: string
  /** Whether that is an issuer by which its tokens may name it: that of a tenant where it has many. */
  isNamed(issuer: string): boolean
  /** Ready as soon as the provider was once discovered. */
  readiness(): Readiness
  /** Begins to discover in the background, with retries, and to look for changes hourly. Never throws. */
  start(): void
  /** Ends that and closes the connections, for good. */
  stop(): void
  /**
   * Resolves when the provider answers, so that somebody can be sent there; else throws
   * ERR_PROVIDER_UNAVAILABLE. Asks it when it has not answered for ten seconds.
   */
  ensureReachable(): Promise<void>
  /**
   * Makes the authorization request, and pushes it where that is due. `stateSuffix`, of base64url
   * characters, is appended to the random state. Waits for the discovery, at most the configured
   * `timeout`; then ERR_PROVIDER_UNAVAILABLE.
   */
  beginLogin(options: {
    redirectUri: string
    stateSuffix?: string
    stepUp?: LoginDemand | undefined
    hints?: Hints | undefined
    now: number
  }): Promise<{ url: string; transaction: LoginTransaction }>
  /** What of a start URL's query `beginLogin` passes on; throws ERR_REQUEST_PARAMETER for what may not pass. */
  hintsIn(query: URLSearchParams): Hints
  /**
   * Checks the authorization response, buys the tokens and verifies who signed in. `redirectUri`
   * and `stepUp` are those of `beginLogin`. Nothing is sent to the provider for a response that is not its answer to
   * this login.
   */
  finishLogin(options: {
    redirectUri: string
    parameters: URLSearchParams
    transaction: LoginTransaction
    stepUp?: LoginDemand | undefined
    now: number
  }): Promise<SignIn>
  readonly refresh: Refresher
  /** The logout request; undefined when the provider offers none or was never discovered. */
  endSessionUrl(options: LogoutRequest): string | undefined
  /** Whether a logout token claims to be of this provider for this client; nothing is verified yet. */
  isAddressedBy(logoutToken: string): boolean
  /** Verifies a logout token; throws ERR_LOGOUT_TOKEN or, when it cannot be told now, ERR_PROVIDER_*. */
  verifyLogoutToken(logoutToken: string, now: number): Promise<LogoutNotice>
  /** Whether it is asked about access tokens that name no issuer. */
  readonly takesOpaqueTokens: boolean
  /** Whether an access token that names that issuer may be one of this provider. */
  issuesAccessTokens(issuer: string): boolean
  /**
   * Verifies an access token that a client presents, as `accessTokenVerification` says; throws
   * ERR_BEARER_TOKEN or, when it cannot be told now, ERR_PROVIDER_*.
   */
  verifyAccessToken(accessToken: string, now: number): Promise<AccessToken>
  /** Exchanges an access token for one that is meant for an upstream; throws like `exchangeForUpstream`. */
  exchangeForUpstream(subject: SentToken, target: TokenTarget, now: number): Promise<UpstreamToken>
  /** Where the provider's pages are: the origins of the issuer and of its logout. */
  pageOrigins(): readonly string[]
  /** Revokes what a session leaves behind, where the provider offers that. Never throws. */
  revoke(tokens: RevocableTokens): Promise<readonly RevocationReport[]>
  /** The public keys by which the provider knows the client, as a JWKS; undefined where it has none. */
  clientJwks(): Promise<object | undefined>
  /** Fetches metadata and keys now; throws what is wrong with them. */
  checkOnline(): Promise<void>
  /** Tries whether the provider accepts the client; throws ERR_PROVIDER_REJECTED_CLIENT, or what is in the way. */
  checkClient(): Promise<void>
}

/**
 * Creates the relying party of one provider; nothing is fetched before `start` or the first use.
 * `neededClaims` are those that the configuration reads: with `userinfo: needed`, userinfo is asked
 * when the ID token lacks one of them. Throws OidcError ERR_PROVIDER_CONFIGURATION.
 */
export function createRelyingParty(
  config: ProviderConfig,
  options: {
    readonly neededClaims: readonly string[]
    readonly logger: Logger
    readonly now?: () => number
    /** Of which HTTPS_PROXY, HTTP_PROXY and NO_PROXY count, for the calls to this provider. */
    readonly env?: NodeJS.ProcessEnv
  },
): RelyingParty {
  const provider = createProvider(config, { now: Date.now, env: {}, ...options })
  const { discovery, keys } = provider
  const { accessTokenVerification } = config
  const takesOpaqueTokens = accessTokenVerification !== 'jwt'
  const introspector = createIntrospector(provider)

  return {
    id: config.id,
    name: config.name ?? config.id,
    issuer: config.issuer,
    isNamed: (issuer) => isNamed(issuer, config),
    readiness() {
      if (discovery.current() !== undefined) return { ready: true }
      return { ready: false, reason: discovery.lastFailure() ?? 'discovery has not finished' }
    },
    start: () => discovery.start(),
    stop: () => provider.close(),
    ensureReachable: () => provider.reachability.ensure(),
    async beginLogin({ redirectUri, stateSuffix = '', stepUp, hints, now }) {
      const metadata = await provider.metadata()
      const settings = { ...config, scopes: askedScopes(config, metadata) }
      const dpopKey = dpopKeyFor({}, metadata)
      const transaction = createLoginTransaction(config, stateSuffix, dpopKey, now)
      const asked = { redirectUri, demand: stepUp, hints }
      const parameters = await loginParameters(settings, transaction, asked)
      return { url: await authorizationUrl(provider, parameters, now), transaction }
    },
    hintsIn: createHintReader(config),
    finishLogin: (login) => finishLogin(provider, login),
    refresh: createRefresher(provider),
    endSessionUrl: (parameters) => endSessionUrl(config, discovery.current(), parameters),
    isAddressedBy: (logoutToken) => isAddressedBy(logoutToken, config),
    verifyLogoutToken: (logoutToken, now) => verifyLogoutToken(provider, logoutToken, now),
    issuesAccessTokens: (issuer) => issuesAccessTokens(provider, issuer),
    takesOpaqueTokens,
    async verifyAccessToken(accessToken, now) {
      const asks =
        accessTokenVerification === 'introspection' ||
        (accessTokenVerification === 'auto' && issuerNamedBy(accessToken) === undefined)
      return asks ? introspector(accessToken, now) : verifyAccessToken(provider, accessToken, now)
    },
    exchangeForUpstream: (subject, target, now) =>
      exchangeForUpstream(provider, subject, target, now),
    pageOrigins() {
      const logout = endSessionEndpoint(config, discovery.current())
      const urls = [config.issuer, ...(logout === undefined ? [] : [logout])]
      return [...new Set(urls.map((url) => new URL(url).origin))]
    },
    revoke: (tokens) => revokeTokens(provider, tokens),
    clientJwks: () => provider.credentials.jwks(),
    checkClient: () => checkClient(provider),
    async checkOnline() {
      const metadata = await discovery.refresh()
      if (takesOpaqueTokens) requireIntrospectionEndpoint(metadata)
      await keys.refresh()
    },
  }
}

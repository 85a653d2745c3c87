/** Where to begin a login, and where it may end. */
export interface StartOptions {
  readonly providerId?: string | undefined
  readonly returnTo?: string | undefined
  /** What the login is to bring, sealed. */
  readonly stepUp?: string | undefined
  /** The form that waits for this login. */
  readonly form?: string | undefined
}

/** Every address of Valetkey's own, below `basePath`. */
export interface Paths {
  readonly base: string
  readonly start: string
  readonly callback: string
  /** The redirect URI's path of one provider among several. */
  callbackOf(providerId: string): string
  readonly signIn: string
  /** Where another site has people sign in (OpenID Connect Core §4). */
  readonly initiateLogin: string
  readonly signOut: string
  /** Where the provider sends people after RP-initiated logout: the `post_logout_redirect_uri`. */
  readonly signedOut: string
  /** Where nginx asks about a request. */
  readonly auth: string
  /** Where Traefik and Caddy ask. */
  readonly forwardAuth: string
  /** Where Envoy asks, with the path of the request behind it. */
  readonly extAuthz: string
  readonly userinfo: string
  readonly session: string
  /** The page on which people see their sessions and end them. */
  readonly sessions: string
  readonly jwks: string
  /** Where a provider fetches the keys of its client. */
  readonly clientJwks: string
  readonly backchannelLogout: string
  readonly frontchannelLogout: string
  /** The start path with its parameters. */
  startUrl(options: StartOptions): string
  /** The path of the page that offers the providers, all or the given ones. */
  signInUrl(options: Omit<StartOptions, 'providerId'>, providerIds?: readonly string[]): string
}

/** Spells every path of Valetkey's own; `basePath` begins with `/` and does not end with one. */
export function createPaths(basePath: string): Paths {
  const below = `${basePath}/`
  const start = `${below}start`
  const signIn = `${below}sign_in`
  const signOut = `${below}sign_out`
  return {
    base: basePath,
    start,
    callback: `${below}callback`,
    callbackOf: (providerId) => `${below}callback/${providerId}`,
    signIn,
    initiateLogin: `${below}initiate_login`,
    signOut,
    signedOut: `${below}signed_out`,
    auth: `${below}auth`,
    forwardAuth: `${below}forward-auth`,
    extAuthz: `${below}ext-authz`,
    userinfo: `${below}userinfo`,
    session: `${below}session`,
    sessions: `${below}sessions`,
    jwks: `${below}jwks`,
    clientJwks: `${below}client-jwks`,
    backchannelLogout: `${below}backchannel-logout`,
    frontchannelLogout: `${below}frontchannel-logout`,
    startUrl: ({ providerId, returnTo, stepUp, form }) =>
      withQuery(start, { provider: providerId, rd: returnTo, step_up: stepUp, form }),
    signInUrl: ({ returnTo, stepUp, form }, providerIds) =>
      withQuery(signIn, { provider: providerIds, rd: returnTo, step_up: stepUp, form }),
  }
}

function withQuery(
  path: string,
  parameters: Record<string, string | readonly string[] | undefined>,
): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(parameters)) {
    for (const each of [value ?? []].flat()) query.append(name, each)
  }
  return query.size === 0 ? path : `${path}?${query.toString()}`
}

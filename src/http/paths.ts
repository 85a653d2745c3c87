/** Where to begin a login, and where it may end. */
export interface StartOptions {
  readonly providerId?: string | undefined
  readonly returnTo?: string | undefined
  /** The form that waits for this login. */
  readonly form?: string | undefined
}

/** Every address of Valetkey's own, below `basePath`. */
export interface Paths {
  readonly base: string
  readonly start: string
  readonly callback: string
  readonly signIn: string
  readonly signOut: string
  /** Where the provider sends people after RP-initiated logout: the `post_logout_redirect_uri`. */
  readonly signedOut: string
  readonly auth: string
  readonly userinfo: string
  readonly session: string
  /** The page on which people see their sessions and end them. */
  readonly sessions: string
  readonly jwks: string
  readonly backchannelLogout: string
  readonly frontchannelLogout: string
  /** The start path with its parameters. */
  startUrl(options: StartOptions): string
  signInUrl(returnTo: string | undefined, form?: string): string
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
    signIn,
    signOut,
    signedOut: `${below}signed_out`,
    auth: `${below}auth`,
    userinfo: `${below}userinfo`,
    session: `${below}session`,
    sessions: `${below}sessions`,
    jwks: `${below}jwks`,
    backchannelLogout: `${below}backchannel-logout`,
    frontchannelLogout: `${below}frontchannel-logout`,
    startUrl: ({ providerId, returnTo, form }) =>
      withQuery(start, { provider: providerId, rd: returnTo, form }),
    signInUrl: (returnTo, form) => withQuery(signIn, { rd: returnTo, form }),
  }
}

function withQuery(path: string, parameters: Record<string, string | undefined>): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined) query.set(name, value)
  }
  return query.size === 0 ? path : `${path}?${query.toString()}`
}

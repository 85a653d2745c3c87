import { generateKeyPairSync, randomBytes, type KeyObject } from 'node:crypto'
import { EventEmitter, once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import {
  errors,
  interactionPolicy,
  Provider,
  type ClientMetadata,
  type JWK,
  type KoaContextWithOIDC,
} from 'oidc-provider'
import { freePort } from './free-port.js'
import { defaultPeople } from './people.js'
import {
  mtlsAliases,
  mtlsFeature,
  mtlsMethods,
  startMtlsListener,
  type ProviderTls,
} from './provider-mtls.js'
import { interact, logoutPage, page, stringOf } from './provider-pages.js'
import { registerTokenExchange, tokenExchangeGrant } from './token-exchange-grant.js'

export { signInAtProvider, type FetchLike } from './sign-in-at-provider.js'

/** A request to the token endpoint that has been answered. */
export interface TokenRequest {
  readonly grantType: string
  /** The HTTP status of the answer; 0 when the answer was lost on purpose. */
  readonly status: number
  /** When it arrived; epoch milliseconds. */
  readonly at: number
}

export interface TestProviderOptions {
  /** What the client may use; both lists can grow later, see `redirectUris`. */
  readonly redirectUris?: readonly string[]
  readonly postLogoutRedirectUris?: readonly string[]
  readonly accessTokenTtlSeconds?: number
  readonly idTokenTtlSeconds?: number
  /** The host name of the issuer; it listens on 127.0.0.1 in any case. Default 127.0.0.1. */
  readonly hostname?: string
  /** True: the ID token carries `sub` only, all else is at userinfo. Default false: everything in it. */
  readonly thinIdToken?: boolean
  /** Default true: each refresh gives a new refresh token, and reuse revokes the grant. */
  readonly rotateRefreshTokens?: boolean
  /** True: tokens can be revoked (RFC 7009). */
  readonly revocation?: boolean
  /** Whether authorization requests may be pushed (RFC 9126), or must be. */
  readonly pushedRequests?: 'offered' | 'required'
  /** Whether authorization requests may be signed (RFC 9101), or must be. */
  readonly signedRequests?: 'offered' | 'required'
  /** True: the authorization response can be a JWT (JARM). */
  readonly responseTokens?: boolean
  /** True: an essential `acr` in the `claims` parameter counts as much as `acr_values`. */
  readonly claimsParameter?: boolean
  /** Identifiers of APIs (RFC 8707); their access tokens are JWTs (RFC 9068) with all of a person's claims. */
  readonly apis?: readonly string[]
  /** Tokens are bound to keys where that is asked for (RFC 9449): `nonces` refuses proofs without one. */
  readonly dpop?: 'plain' | 'nonces'
  /** True: tells of access tokens (RFC 7662), and those of the `apis` are opaque. `signed`: as a JWT (RFC 9701). */
  readonly introspection?: boolean | 'signed'
  /** With it, it also listens with TLS, asks for client certificates there, and announces `mtls_endpoint_aliases`. */
  readonly tls?: ProviderTls
  /** It holds clients to FAPI 2.0, and can sign with ES256 as well. */
  readonly fapi?: boolean
  /** How long tokens for one of the `apis` live that an access token was exchanged for; without it there are none. */
  readonly exchangedTokenTtlSeconds?: number
  /** Another client, with the same secret. */
  readonly secondClientId?: string
  /** Registered for the client `app`, over the defaults. */
  readonly client?: Partial<ClientMetadata>
}

/**
 * A real provider (oidc-provider) on 127.0.0.1 with one client, `clientId` and `clientSecret`, and the
 * people alice (staff, admins), bob (staff) and carol (guests).
 *
 * Its login page is a form with one field, `login`, that a browser can fill in and `signInAtProvider`
 * drives over HTTP; consent is never asked. Refresh tokens are always issued, without `offline_access`.
 * RP-initiated logout needs no click: its page submits itself by script, or has the button "Sign out".
 */
export interface TestProvider {
  /** `http://127.0.0.1:<port>`, without a trailing slash. */
  readonly issuer: string
  readonly port: number
  readonly clientId: string
  readonly clientSecret: string
  /** What it signs with. */
  readonly signingKey: { readonly kid: string; readonly privateKey: KeyObject }
  /** What the client may use from now on; add to them when the port of Valetkey is known. */
  readonly redirectUris: Set<string>
  readonly postLogoutRedirectUris: Set<string>
  /** The login names of whom a refresh token that was used is merely refused; else that revokes the grant. */
  readonly forgivesReuseOf: Set<string>
  /** The claims by login name; change them to see what a refresh or the next login brings. */
  readonly people: Map<string, Record<string, unknown>>
  /** Every answered token request, oldest first. */
  readonly tokenRequests: readonly TokenRequest[]
  /** Every request as `METHOD /path` without the query, oldest first; also those on hold. */
  readonly requests: readonly string[]
  /** The refresh tokens, access tokens, ID tokens and codes that were given out, for log greps. */
  readonly secrets: readonly string[]
  /** Whether it asks people to sign in anew for one of `acr_values`; by default it gives what it has. */
  honourAcrValues(whether: boolean): void
  /** An access token for one of the `apis`; as a client could get one that a person signed in to. */
  issueAccessToken(
    login: string,
    options: { readonly api: string; readonly scope: string; readonly ttlSeconds?: number },
  ): Promise<string>
  /** The thumbprint of the key that an access token is bound to (RFC 9449 §6). */
  keyThumbprintOf(accessToken: string): Promise<string | undefined>
  /** Registers where to POST logout tokens, with the `sid` of the provider's session. */
  sendLogoutTokensTo(url: string): Promise<void>
  /** Registers something else of the client from now on; the names are those of oidc-provider's Client. */
  changeClient(changes: {
    readonly clientSecret?: string
    readonly tlsClientAuthSanDns?: string
  }): Promise<void>
  /** Resolves with the next token request that is answered after this call. */
  nextTokenRequest(): Promise<TokenRequest>
  /** Resolves when the next token request arrives, also while the endpoint is paused. */
  nextTokenRequestArrival(): Promise<void>
  /** Holds token requests until `resumeTokenEndpoint`. */
  pauseTokenEndpoint(): void
  resumeTokenEndpoint(): void
  /** Cuts the oldest of the requests on hold, so that the real provider never sees them. */
  dropHeldTokenRequests(count: number): void
  /** Answers token requests with that status, unseen by the real provider, until `healTokenEndpoint`. */
  failTokenEndpoint(status: number, headers?: Record<string, string>, body?: string): void
  /** Works through token requests but cuts the connection before the answer, until `healTokenEndpoint`. */
  loseTokenResponses(): void
  healTokenEndpoint(): void
  /** Closes the port and every connection; grants and sessions are kept for `start`. */
  stop(): Promise<void>
  /** Listens again on the same port. */
  start(): Promise<void>
}

type TokenEndpointMode =
  | { readonly kind: 'working' }
  | { readonly kind: 'losing' }
  | {
      readonly kind: 'failing'
      readonly status: number
      readonly headers: Record<string, string>
      readonly body: string
    }

/** Starts a TestProvider on a free port. `t.teardown(() => provider.stop())` belongs on the next line. */
export async function startProvider(options: TestProviderOptions = {}): Promise<TestProvider> {
  const { accessTokenTtlSeconds = 300, idTokenTtlSeconds = 300, hostname = '127.0.0.1' } = options
  const { exchangedTokenTtlSeconds: exchangedTtl } = options
  const redirectUris = new Set(options.redirectUris)
  const postLogoutRedirectUris = new Set(options.postLogoutRedirectUris)
  const people = new Map(Object.entries(defaultPeople()))
  const forgivesReuseOf = new Set<string>()
  const tokenRequests: TokenRequest[] = []
  const requests: string[] = []
  const secrets: string[] = []
  const events = new EventEmitter<{ arrival: []; answer: [TokenRequest] }>()
  const held: ((fate: 'serve' | 'drop') => void)[] = []
  events.setMaxListeners(0)
  let mode: TokenEndpointMode = { kind: 'working' }
  let paused = false
  let honoursAcrValues = false
  const introspects = (options.introspection ?? false) !== false
  const tokenFormat = introspects ? 'opaque' : 'jwt'

  const server = createServer()
  const port = await freePort()
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const issuer = `http://${hostname}:${port}`
  const clientId = 'app'
  const clientSecret = 'client secret with :%+ and more'
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const signingKey = { kid: 'test-key', privateKey }

  const mtls =
    options.tls &&
    (await startMtlsListener(options.tls, (request, response) => {
      server.emit('request', request, response)
    }))
  const provider = new Provider(issuer, {
    ...(mtls && { discovery: mtlsAliases(mtls.url), clientAuthMethods: mtlsMethods }),
    clients: [
      {
        client_id: clientId,
        client_secret: clientSecret,
        // The real lists are the sets above; registration wants one entry.
        redirect_uris: ['http://127.0.0.1/callback'],
        grant_types: [
          'authorization_code',
          'refresh_token',
          ...(exchangedTtl === undefined ? [] : [tokenExchangeGrant]),
        ],
        response_types: ['code'],
        token_endpoint_auth_method: 'client_secret_basic',
        ...(options.introspection === 'signed' && { introspection_signed_response_alg: 'RS256' }),
        ...options.client,
      },
      ...[options.secondClientId ?? []].flat().map((id) => ({
        client_id: id,
        client_secret: clientSecret,
        redirect_uris: ['http://127.0.0.1/callback'],
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code' as const],
      })),
    ],
    jwks: {
      keys: [
        { ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256', kid: signingKey.kid },
        ...(options.fapi === true ? [createFapiKey()] : []),
      ],
    },
    cookies: { keys: ['a key for the cookies of the test provider'] },
    conformIdTokenClaims: options.thinIdToken ?? false,
    claims: {
      openid: ['sub'],
      email: ['email', 'email_verified'],
      profile: ['name', 'preferred_username', 'groups', 'roles'],
    },
    acrValues: ['pwd', 'mfa'],
    features: {
      devInteractions: { enabled: false },
      mTLS: mtls ? mtlsFeature : { enabled: false },
      backchannelLogout: { enabled: true },
      revocation: { enabled: options.revocation ?? false },
      requestObjects: {
        enabled: options.signedRequests !== undefined,
        requireSignedRequestObject: options.signedRequests === 'required',
      },
      jwtResponseModes: { enabled: options.responseTokens ?? false },
      claimsParameter: { enabled: options.claimsParameter ?? false },
      pushedAuthorizationRequests: {
        enabled: options.pushedRequests !== undefined,
        requirePushedAuthorizationRequests: options.pushedRequests === 'required',
      },
      fapi: { enabled: options.fapi ?? false, profile: '2.0' },
      dPoP: {
        enabled: options.dpop !== undefined,
        nonceSecret: randomBytes(32),
        requireNonce: () => options.dpop === 'nonces',
      },
      clientCredentials: { enabled: options.apis !== undefined },
      introspection: {
        enabled: introspects,
        allowedPolicy: async (_ctx, client) => client.clientId === clientId,
      },
      jwtIntrospection: { enabled: options.introspection === 'signed' },
      resourceIndicators: {
        enabled: options.apis !== undefined,
        getResourceServerInfo(_ctx, resource) {
          if (options.apis?.includes(resource) === true) return apiOf(resource, tokenFormat)
          throw new errors.InvalidTarget()
        },
      },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource(ctx, form) {
          ctx.body = logoutPage(form)
        },
        postLogoutSuccessSource(ctx) {
          ctx.body = page('Signed out', '<p>You are signed out at the provider.</p>')
        },
      },
    },
    // Its own refuses loopback, where Valetkey is.
    fetch: (url, { method = 'GET', headers = {}, body = null, redirect = 'manual' } = {}) =>
      fetch(url, { method, headers, body, redirect }),
    interactions: {
      url: (_ctx, interaction) => `/interaction/${interaction.uid}`,
      policy: policyWith((context) => honoursAcrValues && lacksAcr(context)),
    },
    ttl: {
      AccessToken: accessTokenTtlSeconds,
      IdToken: idTokenTtlSeconds,
      AuthorizationCode: 60,
      RefreshToken: 24 * 3600,
      Grant: 24 * 3600,
      Interaction: 3600,
      Session: 24 * 3600,
    },
    extraTokenClaims: (_ctx, token) =>
      token.kind === 'AccessToken' && token.resourceServer !== undefined
        ? people.get(token.accountId)
        : undefined,
    rotateRefreshToken: options.rotateRefreshTokens ?? true,
    issueRefreshToken: async (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    expiresWithSession: async () => false,
    findAccount: async (_ctx, sub) => {
      const claims = people.get(sub)
      return claims && { accountId: sub, claims: async () => ({ ...claims, sub }) }
    },
    // Consent is given in advance for whatever is asked.
    loadExistingGrant: async (ctx) => {
      const { client, session, params } = ctx.oidc
      if (!client || !session?.accountId) return undefined
      const known = session.grantIdFor(client.clientId)
      const found = known === undefined ? undefined : await ctx.oidc.provider.Grant.find(known)
      const grant =
        found ??
        new ctx.oidc.provider.Grant({ clientId: client.clientId, accountId: session.accountId })
      grant.addOIDCScope(stringOf(params, 'scope'))
      await grant.save()
      return grant
    },
    renderError: (ctx, out) => {
      ctx.type = 'text/plain'
      ctx.body = `${out.error}: ${out.error_description ?? ''}`
    },
  })
  if (exchangedTtl !== undefined) {
    registerTokenExchange(provider, {
      apis: options.apis ?? [],
      apiOf: (api) => apiOf(api, tokenFormat),
      ttlSeconds: exchangedTtl,
    })
  }
  Object.assign(provider.Client.prototype, {
    redirectUriAllowed: (uri: string) => redirectUris.has(uri),
    postLogoutRedirectUriAllowed: (uri: string) => postLogoutRedirectUris.has(uri),
  })

  // What is gone is refused like any unknown token; what is marked as used betrays its reuse.
  const { RefreshToken } = provider
  const consume = Reflect.get(RefreshToken.prototype, 'consume')
  Object.assign(RefreshToken.prototype, {
    consume(this: InstanceType<typeof RefreshToken>) {
      return forgivesReuseOf.has(this.accountId) ? this.destroy() : consume.call(this)
    },
  })

  const grantTypes = new WeakMap<IncomingMessage, string>()
  const rememberGrantType = (ctx: KoaContextWithOIDC) => {
    grantTypes.set(ctx.req, stringOf(ctx.oidc.params, 'grant_type'))
  }
  provider.on('grant.success', rememberGrantType)
  provider.on('grant.error', rememberGrantType)

  async function serveTokenEndpoint(
    ctx: Parameters<Parameters<Provider['use']>[0]>[0],
    next: () => Promise<unknown>,
  ): Promise<void> {
    const at = Date.now()
    events.emit('arrival')
    if (paused && (await new Promise((resolve) => held.push(resolve))) === 'drop') {
      ctx.req.socket.destroy()
      return
    }
    const current = mode
    if (current.kind === 'failing') {
      grantTypes.set(ctx.req, new URLSearchParams(await text(ctx.req)).get('grant_type') ?? '')
      ctx.status = current.status
      ctx.set(current.headers)
      ctx.body = current.body
    } else {
      await next()
      rememberSecrets(ctx.body)
    }
    if (current.kind === 'losing') ctx.req.socket.destroy()
    const answered: TokenRequest = {
      grantType: grantTypes.get(ctx.req) ?? '',
      status: current.kind === 'losing' ? 0 : ctx.status,
      at,
    }
    tokenRequests.push(answered)
    events.emit('answer', answered)
  }
  provider.use((ctx, next) => (ctx.path === '/token' ? serveTokenEndpoint(ctx, next) : next()))

  function rememberSecrets(body: unknown): void {
    if (typeof body !== 'object' || body === null) return
    for (const name of ['access_token', 'refresh_token', 'id_token']) {
      const value: unknown = Reflect.get(body, name)
      if (typeof value === 'string') secrets.push(value)
    }
  }
  provider.on('authorization_code.saved', (code) => secrets.push(code.jti))

  async function changeClient(changes: Record<string, unknown>): Promise<void> {
    Object.assign((await provider.Client.find(clientId)) ?? {}, changes)
  }

  const callback = provider.callback()
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const path = (request.url ?? '').split('?', 1)[0] ?? ''
    requests.push(`${request.method} ${path}`)
    if (path.startsWith('/interaction/')) {
      interact(provider, people, request, response).catch((error: unknown) => {
        response.writeHead(400, { 'content-type': 'text/plain' }).end(String(error))
      })
    } else void callback(request, response)
  })

  return {
    issuer,
    port,
    clientId,
    clientSecret,
    signingKey,
    redirectUris,
    postLogoutRedirectUris,
    forgivesReuseOf,
    people,
    tokenRequests,
    requests,
    secrets,
    honourAcrValues(whether) {
      honoursAcrValues = whether
    },
    async issueAccessToken(login, { api, scope, ttlSeconds = accessTokenTtlSeconds }) {
      const client = await provider.Client.find(clientId)
      if (client === undefined) throw new Error('the client is not registered')
      const resourceServer = new provider.ResourceServer(api, apiOf(api, tokenFormat))
      // Introspection finds no token active whose grant is gone.
      const grant = new provider.Grant({ clientId, accountId: login })
      const token = new provider.AccessToken({
        accountId: login,
        client,
        grantId: await grant.save(),
        gty: 'authorization_code',
        scope,
        resourceServer,
        expiresIn: ttlSeconds,
      })
      const value = await token.save()
      secrets.push(value)
      return value
    },
    async keyThumbprintOf(accessToken) {
      return (await provider.AccessToken.find(accessToken))?.jkt
    },
    sendLogoutTokensTo: (url) =>
      changeClient({ backchannelLogoutUri: url, backchannelLogoutSessionRequired: true }),
    changeClient,
    nextTokenRequest: () => new Promise((resolve) => events.once('answer', resolve)),
    nextTokenRequestArrival: () => new Promise((resolve) => events.once('arrival', resolve)),
    pauseTokenEndpoint() {
      paused = true
    },
    resumeTokenEndpoint() {
      paused = false
      for (const settle of held.splice(0)) settle('serve')
    },
    dropHeldTokenRequests(count) {
      for (const settle of held.splice(0, count)) settle('drop')
    },
    failTokenEndpoint(status, headers = {}, body = '') {
      mode = { kind: 'failing', status, headers, body }
    },
    loseTokenResponses() {
      mode = { kind: 'losing' }
    },
    healTokenEndpoint() {
      mode = { kind: 'working' }
    },
    async stop() {
      if (!server.listening) return
      await mtls?.close()
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
    async start() {
      server.listen(port, '127.0.0.1')
      await once(server, 'listening')
    },
  }
}

function createFapiKey(): JWK {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return { ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'ES256', kid: 'fapi-key' }
}

/** The usual policy, with one reason more to ask for a login. */
function policyWith(asksForLogin: (context: KoaContextWithOIDC) => boolean) {
  const policy = interactionPolicy.base()
  const check = new interactionPolicy.Check('acr_values', 'another login is needed', asksForLogin)
  policy.get('login')?.checks.add(check)
  return policy
}

/** Whether none of `acr_values` is what the person has authenticated with. */
function lacksAcr({ oidc }: KoaContextWithOIDC): boolean {
  const wanted = stringOf(oidc.params, 'acr_values').split(' ').filter(Boolean)
  return wanted.length > 0 && !wanted.includes(oidc.acr ?? '')
}

const apiOf = (audience: string, accessTokenFormat: 'jwt' | 'opaque') => ({
  audience,
  scope: 'read write',
  accessTokenFormat,
  jwt: { sign: { alg: 'RS256' as const } },
})

import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { Provider } from 'oidc-provider'
import { freePort } from './free-port.js'
import { defaultPeople } from './people.js'
import { apiOf, clientId, clientSecret, providerBehaviour } from './provider-behaviour.js'
import { startMtlsListener } from './provider-mtls.js'
import type { TestProviderOptions } from './provider-options.js'
import { interact } from './provider-pages.js'
import { takeTokenEndpoint, type TokenEndpoint } from './provider-token-endpoint.js'
import { registerTokenExchange } from './token-exchange-grant.js'

export type { TestProviderOptions } from './provider-options.js'
export { signInAtProvider, type FetchLike } from './sign-in-at-provider.js'

/**
 * A real provider (oidc-provider) on 127.0.0.1 with one client, `clientId` and `clientSecret`, and the
 * people alice (staff, admins), bob (staff) and carol (guests).
 *
 * Its login page is a form with one field, `login`, that a browser can fill in and `signInAtProvider`
 * drives over HTTP; consent is never asked. Refresh tokens are always issued, without `offline_access`.
 * RP-initiated logout needs no click: its page submits itself by script, or has the button "Sign out".
 */
export interface TestProvider extends TokenEndpoint {
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
  /** Closes the port and every connection; grants and sessions are kept for `start`. */
  stop(): Promise<void>
  /** Listens again on the same port. */
  start(): Promise<void>
}

/** Starts a TestProvider on a free port. `t.teardown(() => provider.stop())` belongs on the next line. */
export async function startProvider(options: TestProviderOptions = {}): Promise<TestProvider> {
  const { accessTokenTtlSeconds = 300, hostname = '127.0.0.1' } = options
  const { exchangedTokenTtlSeconds: exchangedTtl } = options
  const redirectUris = new Set(options.redirectUris)
  const postLogoutRedirectUris = new Set(options.postLogoutRedirectUris)
  const people = new Map(Object.entries(defaultPeople()))
  const forgivesReuseOf = new Set<string>()
  const requests: string[] = []
  const secrets: string[] = []
  let honoursAcrValues = false

  const server = createServer()
  const port = await freePort()
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const issuer = `http://${hostname}:${port}`
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const signingKey = { kid: 'test-key', privateKey }

  const mtls =
    options.tls &&
    (await startMtlsListener(options.tls, (request, response) => {
      server.emit('request', request, response)
    }))
  const provider = new Provider(
    issuer,
    providerBehaviour(options, {
      signingKey,
      tlsUrl: mtls?.url,
      people,
      honoursAcrValues: () => honoursAcrValues,
    }),
  )
  if (exchangedTtl !== undefined) {
    registerTokenExchange(provider, {
      apis: options.apis ?? [],
      apiOf: (api) => apiOf(api, options),
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

  const tokenEndpoint = takeTokenEndpoint(provider, (token) => secrets.push(token))
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
    ...tokenEndpoint,
    issuer,
    port,
    clientId,
    clientSecret,
    signingKey,
    redirectUris,
    postLogoutRedirectUris,
    forgivesReuseOf,
    people,
    requests,
    secrets,
    honourAcrValues(whether) {
      honoursAcrValues = whether
    },
    async issueAccessToken(login, { api, scope, ttlSeconds = accessTokenTtlSeconds }) {
      const client = await provider.Client.find(clientId)
      if (client === undefined) throw new Error('the client is not registered')
      const resourceServer = new provider.ResourceServer(api, apiOf(api, options))
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

import { EventEmitter } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import type { KoaContextWithOIDC, Provider } from 'oidc-provider'
import { stringOf } from './provider-pages.js'

/** A request to the token endpoint that has been answered. */
export interface TokenRequest {
  readonly grantType: string
  /** The HTTP status of the answer; 0 when the answer was lost on purpose. */
  readonly status: number
  /** When it arrived; epoch milliseconds. */
  readonly at: number
}

/** The token endpoint of a TestProvider, which can be held, cut, or made to fail. */
export interface TokenEndpoint {
  /** Every answered token request, oldest first. */
  readonly tokenRequests: readonly TokenRequest[]
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

/** Takes the token endpoint of a provider in hand. `onToken` is told of each token that it gives out. */
export function takeTokenEndpoint(
  provider: Provider,
  onToken: (token: string) => void,
): TokenEndpoint {
  const tokenRequests: TokenRequest[] = []
  const events = new EventEmitter<{ arrival: []; answer: [TokenRequest] }>()
  const held: ((fate: 'serve' | 'drop') => void)[] = []
  events.setMaxListeners(0)
  let mode: TokenEndpointMode = { kind: 'working' }
  let paused = false

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
      tokensIn(ctx.body).forEach(onToken)
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

  return {
    tokenRequests,
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
  }
}

function tokensIn(body: unknown): string[] {
  return ['access_token', 'refresh_token', 'id_token'].flatMap((name) => {
    const value: unknown = Reflect.get(Object(body), name)
    return typeof value === 'string' ? [value] : []
  })
}

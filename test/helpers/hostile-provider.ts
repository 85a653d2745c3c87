import {
  createHash,
  createHmac,
  generateKeyPairSync,
  randomUUID,
  sign as signBytes,
  type KeyObject,
} from 'node:crypto'
import { once } from 'node:events'
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http'
import { text } from 'node:stream/consumers'

/** A key pair as the double signs with it and publishes it. */
export interface TestKey {
  readonly kid: string
  readonly alg: string
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
}

/**
 * What stands in for the right answer of an endpoint: `hang` never answers, `stall` stops amid the
 * body, `drip` never comes to its end, `reset` cuts the line.
 */
export type CannedAnswer =
  | 'hang'
  | 'stall'
  | 'drip'
  | 'reset'
  | {
      readonly status?: number
      readonly headers?: Record<string, string>
      readonly body?: string | Uint8Array
    }

export interface SeenCall {
  readonly method: string
  readonly path: string
  readonly authorization: string | undefined
  readonly headers: IncomingHttpHeaders
  readonly form: URLSearchParams
}

/**
 * A provider that lies. It is a test double, a plain HTTP server, because no real provider sends what
 * these tests need: left alone it answers rightly, and each field bends one thing. In `claims` and
 * `tokens` a value replaces the right one and `undefined` removes it.
 */
export interface HostileProvider {
  readonly issuer: string
  /** Every request, oldest first. */
  readonly calls: readonly SeenCall[]
  metadata: Record<string, unknown>
  jwks: unknown
  /** Over `alg`, `kid` and `typ` of the ID token's header. */
  header: Record<string, unknown>
  /** What signs; a text is the key of an HMAC. */
  signWith: KeyObject | string
  claims: Record<string, unknown>
  tokens: Record<string, unknown>
  /** What becomes of the ID token once it is signed. */
  mangle: (idToken: string) => string
  /** What becomes of the token response once it is written. */
  edit: (json: string) => string
  userinfo: Record<string, unknown>
  /** Over `tokens`, by what a token request sends. */
  tokensFor: (form: URLSearchParams) => Record<string, unknown>
  /** Paths that are served like others: `/oauth2/v1/keys` like `/jwks`. */
  readonly aliases: Map<string, string>
  /** By path: `/token`, `/par`, `/jwks`, `/userinfo`, `/.well-known/openid-configuration`. */
  readonly answers: Map<string, CannedAnswer>
  /** The parameters of an authorization request, also of one that was pushed or signed. */
  asked(url: string): URLSearchParams
  /** Plays the browser and the login page: the parameters of the right authorization response. */
  authorize(url: string): URLSearchParams
  callsTo(path: string): number
  /** Resolves with the next request to that path. */
  nextCall(path: string): Promise<void>
  stop(): Promise<void>
  start(): Promise<void>
}

export function createTestKey(kid: string, alg: 'RS256' | 'ES256' | 'EdDSA' = 'RS256'): TestKey {
  const pair =
    alg === 'RS256'
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : alg === 'ES256'
        ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
        : generateKeyPairSync('ed25519')
  return { kid, alg, ...pair }
}

/** The JWK of the public key, with `kid`, `alg` and `use`. */
export function publicJwk(key: TestKey): Record<string, unknown> {
  return { ...key.publicKey.export({ format: 'jwk' }), kid: key.kid, alg: key.alg, use: 'sig' }
}

/** A JWS that says what it is told, right or wrong. `alg` none, or unknown, leaves it unsigned. */
export function forgeToken(
  header: Record<string, unknown>,
  claims: unknown,
  key: KeyObject | string,
): string {
  const content = `${encodeJson(header)}.${encodeJson(claims)}`
  return `${content}.${signatureOf(content, String(header['alg']), key)}`
}

function encodeJson(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

function signatureOf(content: string, alg: string, key: KeyObject | string): string {
  if (alg.startsWith('HS')) {
    return createHmac(`sha${alg.slice(2)}`, key)
      .update(content)
      .digest('base64url')
  }
  if (typeof key === 'string' || !/^([RPE]S(256|384|512)|EdDSA)$/.test(alg)) return ''
  const hash = alg === 'EdDSA' ? null : `sha${alg.slice(2)}`
  const signature = signBytes(hash, Buffer.from(content), { key, dsaEncoding: 'ieee-p1363' })
  return signature.toString('base64url')
}

/** The `at_hash` of an access token under RS256 or ES256. */
export function accessTokenHash(accessToken: string): string {
  return createHash('sha256').update(accessToken).digest().subarray(0, 16).toString('base64url')
}

/** Begins an object and adds a blank to it, now and then, for as long as somebody listens. */
function drip(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/json' }).write('{')
  const timer = setInterval(() => response.write(' '), 50).unref()
  response.once('close', () => clearInterval(timer))
}

export const signingKey = createTestKey('key-1')

export async function startHostileProvider(): Promise<HostileProvider> {
  const calls: SeenCall[] = []
  const waiting = new Map<string, () => void>()
  const nonces = new Map<string, string>()
  const pushed = new Map<string, URLSearchParams>()
  const server = createServer((request, response) => {
    serve(request, response).catch(() => response.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no TCP address')
  const { port } = address
  const issuer = `http://127.0.0.1:${port}`

  const provider: HostileProvider = {
    issuer,
    calls,
    metadata: {
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      jwks_uri: `${issuer}/jwks`,
      userinfo_endpoint: `${issuer}/userinfo`,
      end_session_endpoint: `${issuer}/logout`,
      id_token_signing_alg_values_supported: ['RS256', 'ES256', 'EdDSA'],
    },
    jwks: { keys: [publicJwk(signingKey)] },
    header: {},
    signWith: signingKey.privateKey,
    claims: {},
    tokens: {},
    mangle: (idToken) => idToken,
    edit: (json) => json,
    userinfo: { sub: 'alice' },
    tokensFor: () => ({}),
    aliases: new Map(),
    answers: new Map(),
    asked(url) {
      const { searchParams } = new URL(url)
      const sent = pushed.get(searchParams.get('request_uri') ?? '') ?? searchParams
      const [, payload = ''] = sent.get('request')?.split('.') ?? []
      if (payload === '') return sent
      return new URLSearchParams(JSON.parse(Buffer.from(payload, 'base64url').toString()))
    },
    authorize(url) {
      const asked = provider.asked(url)
      const code = randomUUID()
      nonces.set(code, asked.get('nonce') ?? '')
      return new URLSearchParams({ code, state: asked.get('state') ?? '' })
    },
    callsTo: (path) => calls.filter((call) => call.path === path).length,
    nextCall: (path) => new Promise((resolve) => waiting.set(path, resolve)),
    async stop() {
      if (!server.listening) return
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

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? '').split('?', 1)[0] ?? ''
    const form = new URLSearchParams(await text(request))
    const { method = '' } = request
    const { headers: sent } = request
    calls.push({ method, path, authorization: sent.authorization, headers: sent, form })
    waiting.get(path)?.()
    const canned = provider.answers.get(path)
    if (canned === 'hang') return
    if (canned === 'stall') {
      response.writeHead(200, { 'content-type': 'application/json' }).write('{"a":')
      return
    }
    if (canned === 'drip') return drip(response)
    if (canned === 'reset') {
      response.destroy()
      return
    }
    const {
      status,
      headers = {},
      body = right(provider.aliases.get(path) ?? path, form),
    } = canned ?? {}
    response
      .writeHead(status ?? (path === '/par' ? 201 : 200), {
        'content-type': 'application/json',
        ...headers,
      })
      .end(body)
  }

  function right(path: string, form: URLSearchParams): string {
    if (path === '/token') return provider.edit(JSON.stringify(tokenResponse(form)))
    if (path === '/par') return JSON.stringify(pushedResponse(form))
    if (path === '/jwks') return JSON.stringify(provider.jwks)
    if (path === '/userinfo') return JSON.stringify(provider.userinfo)
    return JSON.stringify(provider.metadata)
  }

  function pushedResponse(form: URLSearchParams): Record<string, unknown> {
    const reference = `urn:ietf:params:oauth:request_uri:${randomUUID()}`
    pushed.set(reference, form)
    return { request_uri: reference, expires_in: 60 }
  }

  function tokenResponse(form: URLSearchParams): Record<string, unknown> {
    const nonce = nonces.get(form.get('code') ?? '')
    const issuedAt = Math.floor(Date.now() / 1000)
    const claims = {
      iss: issuer,
      sub: 'alice',
      aud: 'app',
      iat: issuedAt,
      exp: issuedAt + 300,
      ...(nonce === undefined ? {} : { nonce }),
      ...provider.claims,
    }
    const header = { alg: 'RS256', kid: signingKey.kid, typ: 'JWT', ...provider.header }
    return {
      access_token: `access-${randomUUID()}`,
      token_type: 'Bearer',
      expires_in: 60,
      refresh_token: `refresh-${randomUUID()}`,
      id_token: provider.mangle(forgeToken(header, claims, provider.signWith)),
      ...provider.tokens,
      ...provider.tokensFor(form),
    }
  }

  return provider
}

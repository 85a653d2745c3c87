import { isUtf8 } from 'node:buffer'
import { fetch } from 'undici'
import { type JsonObject, parseJsonObject } from '../json-object.js'
import { OidcError } from './errors.js'
import { createProviderConnections } from './provider-connections.js'
import type { ProviderTls } from './provider-tls.js'
import { objectionToUrl, type ProviderUrlRules } from './provider-url.js'
import { parseRetryAfterMs } from './retry-after.js'

/** More than any real metadata, JWKS, token response or userinfo needs. */
const maxResponseBytes = 1024 * 1024

export interface ProviderRequest {
  readonly method?: string
  readonly headers?: Record<string, string>
  readonly body?: unknown
}

/** Calls one provider, with its own connections. */
export interface ProviderHttp {
  /**
   * Sends a request and reads the whole response, at most 1 MiB, within the provider's `timeout`.
   * Redirects are not followed; TLS is verified. Throws OidcError ERR_PROVIDER_UNAVAILABLE when no
   * complete response came, ERR_PROVIDER_METADATA for an address that must not be called.
   */
  request(url: string, request?: ProviderRequest): Promise<Response>
  close(): Promise<void>
}

export interface ProviderHttpOptions extends ProviderUrlRules {
  readonly timeoutMs: number
  /** What connections trust and show: by default the system's authorities, and nothing. */
  readonly readTls?: () => Promise<ProviderTls>
  /** The proxy that leads to a URL: by default none. */
  readonly proxyFor?: (url: URL) => string | undefined
}

const plainTls: ProviderTls = { registered: [] }

export function createProviderHttp(options: ProviderHttpOptions): ProviderHttp {
  const { timeoutMs, readTls = async () => plainTls, proxyFor = () => undefined } = options
  const connections = createProviderConnections({ timeoutMs, readTls, proxyFor })

  return {
    async request(url, { method = 'GET', headers = {}, body } = {}) {
      const objection = objectionToUrl(url, options)
      if (objection !== undefined) {
        throw new OidcError('ERR_PROVIDER_METADATA', `${withoutQuery(url)} ${objection}`)
      }
      const deadline = startDeadline(timeoutMs)
      try {
        return await connections.use(url, async (dispatcher) => {
          const response = await fetch(url, {
            method,
            headers,
            body: requestBody(body),
            redirect: 'manual',
            dispatcher,
            signal: deadline.signal,
          })
          const bytes = await readBounded(response.body)
          return new Response(bytes.length === 0 ? null : bytes, {
            status: response.status,
            headers: [...response.headers],
          })
        })
      } catch (error) {
        if (error instanceof OidcError) throw error
        const proxy = proxyFor(new URL(url))
        const way = proxy === undefined ? '' : ` through the proxy ${new URL(proxy).host}`
        throw new OidcError(
          'ERR_PROVIDER_UNAVAILABLE',
          `${method} ${withoutQuery(url)}${way}: ${reasonOf(error, timeoutMs)}`,
          { cause: error },
        )
      } finally {
        deadline.clear()
      }
    },
    close: () => connections.close(),
  }
}

/** Fetches metadata, which must be a JSON object. Throws OidcError. */
export async function fetchMetadata(http: ProviderHttp, url: string): Promise<JsonObject> {
  const response = await http.request(url, { headers: { accept: 'application/json' } })
  return readJsonObject(response, url, 'ERR_PROVIDER_METADATA')
}

/** Reads the answer to a GET of `url`. Throws OidcError; `code` is for one that is no JSON object. */
export async function readJsonObject(
  response: Response,
  url: string,
  code: 'ERR_PROVIDER_METADATA' | 'ERR_PROVIDER_KEYS',
): Promise<JsonObject> {
  if (response.status !== 200) {
    throw new OidcError('ERR_PROVIDER_UNAVAILABLE', `GET ${url}: status ${response.status}`, {
      retryAfterMs: parseRetryAfterMs(response.headers.get('retry-after'), Date.now()),
    })
  }
  const bytes = Buffer.from(await response.arrayBuffer())
  const value = isUtf8(bytes) ? parseJsonObject(bytes.toString()) : undefined
  if (value === undefined) throw new OidcError(code, `GET ${url}: the answer is no JSON object`)
  return value
}

/**
 * Asks for something, whatever it is. Throws OidcError ERR_PROVIDER_UNAVAILABLE when no answer comes, or that of
 * a gateway before a server that is away.
 */
export async function askForAnswer(http: ProviderHttp, url: string): Promise<void> {
  const { status } = await http.request(url)
  if (status < 502 || status > 504) return
  throw new OidcError('ERR_PROVIDER_UNAVAILABLE', `GET ${url}: status ${status}`)
}

/** So many looks at the time fill it. */
const looks = 10

/**
 * A process that was stopped, or is held up by many requests at once, finds its timers run out before it takes in
 * what has arrived meanwhile, which may be the only copy of new tokens: so that is taken in first, and only looks at
 * the time count, between which it takes in something.
 */
function startDeadline(timeoutMs: number) {
  const controller = new AbortController()
  const timeOut = () => controller.abort(new DOMException('too late', 'TimeoutError'))
  let looked = 0
  const timer = setInterval(() => {
    looked += 1
    if (looked === looks) setImmediate(timeOut)
  }, timeoutMs / looks).unref()
  return { signal: controller.signal, clear: () => clearInterval(timer) }
}

async function readBounded(
  body: AsyncIterable<Uint8Array> | null,
): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of body ?? []) {
    length += chunk.length
    if (length > maxResponseBytes) throw new Error(`the answer is over ${maxResponseBytes} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks, length)
}

function requestBody(body: unknown): string | null {
  if (body === undefined || body === null) return null
  if (typeof body === 'string') return body
  if (body instanceof URLSearchParams) return body.toString()
  throw new TypeError('a request to the provider has a form or a text as its body')
}

function withoutQuery(url: string): string {
  return url.split(/[?#]/, 1)[0] ?? ''
}

function reasonOf(error: unknown, timeoutMs: number): string {
  if (!(error instanceof Error)) return 'failed'
  if (error.name === 'TimeoutError') return `no complete answer within ${timeoutMs} ms`
  let root = error
  while (root.cause instanceof Error) root = root.cause
  return root.message || root.name
}

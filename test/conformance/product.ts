import type { Test } from 'tap'
import { startAppInProcess } from '../helpers/app-in-process.js'
import { freePort } from '../helpers/free-port.js'
import type { HostileProvider } from '../helpers/hostile-provider.js'
import { createJarFetch, type JarFetch } from '../helpers/jar-fetch.js'
import { asNavigation } from '../helpers/stack.js'
import { startUpstream, type Upstream } from '../helpers/upstream.js'

/** What a browser sees of an answer, and what the log tells of it. */
export interface Seen {
  readonly status: number
  /** `X-Valetkey-Answer`; undefined when the application answered. */
  readonly answer: string | undefined
  readonly location: string | undefined
  readonly headers: Headers
  readonly page: string
  /** The exact reason of a refusal, from the log by the request id that the page shows. */
  readonly code: string | undefined
}

export interface Begun extends Seen {
  /** The authorization request, where the browser is sent; undefined when it is sent nowhere. */
  readonly authorization: string | undefined
  readonly redirectUri: string
}

/** A provider that the product trusts, and the settings of it besides issuer and client. */
export interface Trusted {
  readonly id: string
  readonly provider: HostileProvider
  readonly settings?: Record<string, unknown> | undefined
}

/** A whole Valetkey before an application, seen from outside: by its answers and by its log. */
export interface Product {
  readonly publicUrl: string
  readonly adminUrl: string
  readonly upstream: Upstream
  /** Every line of the log, oldest first. */
  readonly log: readonly string[]
  visit(client: JarFetch, url: string, init?: Parameters<JarFetch>[1]): Promise<Seen>
  /** Begins a login. */
  begin(client: JarFetch, trusted: Trusted, returnTo?: string): Promise<Begun>
  /** Brings the authorization response back to where that login has it sent. */
  finish(
    client: JarFetch,
    begun: Pick<Begun, 'redirectUri'>,
    parameters: URLSearchParams,
    mode?: 'query' | 'form_post',
  ): Promise<Seen>
  /** A login from its beginning to its end. */
  logIn(trusted: Trusted, client?: JarFetch): Promise<Seen>
}

export const clientSecret = 'client secret with :%+ and more'

/**
 * Starts the product in this process, over real sockets, with the defaults but for what it is told.
 *
 * @param options.config over the defaults, section by section
 */
export async function startProduct(
  t: Test,
  parties: readonly Trusted[],
  options: {
    readonly config?: Record<string, unknown>
    readonly routes?: (upstream: string) => readonly unknown[]
    readonly clock?: () => number
  } = {},
): Promise<Product> {
  const upstream = await startUpstream()
  t.teardown(() => upstream.close())
  const log: string[] = []
  const port = await freePort()
  const publicUrl = `http://127.0.0.1:${port}`
  const { config, routes, clock } = options
  const { adminUrl } = await startAppInProcess(
    t,
    {
      publicUrl,
      listen: `127.0.0.1:${port}`,
      providers: parties.map(({ id, provider, settings }) => ({
        id,
        issuer: provider.issuer,
        clientId: 'app',
        clientSecret,
        // Nothing here is to fail for being slow.
        timeout: '60s',
        ...settings,
      })),
      routes: routes?.(upstream.url) ?? [{ match: { path: '/' }, upstream: upstream.url }],
      ...config,
    },
    { log: { write: (line) => void log.push(line) }, ...(clock && { clock }) },
  )

  async function visit(client: JarFetch, url: string, init: Parameters<JarFetch>[1] = {}) {
    const headers = { ...asNavigation, ...init.headers }
    const response = await client(new URL(url, publicUrl).href, { ...init, headers })
    const page = await response.text()
    const requestId = /\b[0-9a-f]{10}-[0-9a-z]+\b/.exec(page)?.[0]
    return {
      status: response.status,
      answer: response.headers.get('x-valetkey-answer') ?? undefined,
      location: response.headers.get('location') ?? undefined,
      headers: response.headers,
      page,
      code: requestId === undefined ? undefined : reasonIn(log, requestId),
    }
  }

  const product: Product = {
    publicUrl,
    adminUrl,
    upstream,
    log,
    visit,
    async begin(client, { id, provider }, returnTo = '/') {
      const query = new URLSearchParams({ provider: id, rd: returnTo })
      const seen = await visit(client, `/oauth2/start?${query.toString()}`)
      const authorization = seen.answer === 'LOGIN_STARTED' ? seen.location : undefined
      const asked = provider.asked(authorization ?? publicUrl).get('redirect_uri')
      return { ...seen, authorization, redirectUri: asked ?? `${publicUrl}/oauth2/callback` }
    },
    finish(client, { redirectUri }, parameters, mode = 'query') {
      if (mode === 'query') return visit(client, `${redirectUri}?${parameters.toString()}`)
      return visit(client, redirectUri, {
        method: 'POST',
        headers: {
          'content-type': 'application/x-www-form-urlencoded',
          'sec-fetch-site': 'cross-site',
        },
        body: parameters.toString(),
      })
    },
    async logIn(trusted, client = createJarFetch()) {
      const { provider, settings } = trusted
      const begun = await product.begin(client, trusted)
      if (begun.authorization === undefined) return begun
      const mode = settings?.['responseMode'] === 'form_post' ? 'form_post' : 'query'
      return product.finish(client, begun, provider.authorize(begun.authorization), mode)
    },
  }
  return product
}

/** The reason for which a request was refused; that of metadata is inside of another. */
function reasonIn(log: readonly string[], requestId: string): string | undefined {
  const line = log.findLast((each) => each.includes(requestId) && each.includes('"code":"ERR_'))
  if (line === undefined) return undefined
  const { code, err }: Record<string, unknown> = JSON.parse(line)
  const message = String(Reflect.get(Object(err), 'message'))
  return /is not discovered: (ERR_\w+)/.exec(message)?.[1] ?? String(code)
}

import type { Test } from 'tap'
import { createJarFetch, type JarFetch } from './jar-fetch.js'
import {
  signInAtProvider,
  startProvider,
  type TestProvider,
  type TestProviderOptions,
} from './provider.js'
import { type RedisServer } from './redis-server.js'
import { startUpstream, type Upstream } from './upstream.js'
import { freePort } from './free-port.js'
import { startValetkey, type ValetkeyProcess } from './valetkey.js'

/** A session key of the tests; a list of them makes a key ring. */
export const sessionKey = Buffer.alloc(32, 7).toString('base64url')

export interface StackOptions {
  readonly provider?: TestProviderOptions
  /** With one the processes keep their sessions there. */
  readonly redis?: RedisServer
  /** Over the defaults, section by section. */
  readonly config?: Record<string, unknown>
  readonly session?: Record<string, unknown>
  readonly providerConfig?: Record<string, unknown>
}

/** A provider, an application and one Valetkey process in front of it, all real. */
export interface Stack {
  readonly provider: TestProvider
  readonly upstream: Upstream
  readonly valetkey: ValetkeyProcess
  readonly publicUrl: string
  /** Starts another process with the same public URL and session store. */
  startReplica(): Promise<ValetkeyProcess>
}

export async function startStack(t: Test, options: StackOptions = {}): Promise<Stack> {
  const provider = await startProvider(options.provider)
  t.teardown(() => provider.stop())
  const upstream = await startUpstream()
  t.teardown(() => upstream.close())
  const port = await freePort()
  const publicUrl = `http://localhost:${port}`
  provider.redirectUris.add(`${publicUrl}/oauth2/callback`)
  provider.postLogoutRedirectUris.add(`${publicUrl}/oauth2/signed_out`)

  const config = {
    publicUrl,
    providers: [
      {
        id: 'corp',
        name: 'Corporate login',
        issuer: provider.issuer,
        clientId: provider.clientId,
        clientSecret: provider.clientSecret,
        ...options.providerConfig,
      },
    ],
    session: {
      ...(options.redis === undefined
        ? {}
        : { store: 'redis', redis: { url: options.redis.url }, keys: [sessionKey] }),
      ...options.session,
    },
    routes: [{ match: { path: '/' }, upstream: upstream.url }],
    ...options.config,
  }

  async function start(onPort?: number): Promise<ValetkeyProcess> {
    const valetkey = await startValetkey({
      config,
      publicUrl,
      ...(onPort === undefined ? {} : { port: onPort }),
    })
    t.teardown(() => valetkey.kill())
    await valetkey.ready()
    return valetkey
  }

  const valetkey = await start(port)
  return { provider, upstream, valetkey, publicUrl, startReplica: () => start() }
}

export const asNavigation = {
  accept: 'text/html',
  'sec-fetch-mode': 'navigate',
  'sec-fetch-dest': 'document',
  'sec-fetch-site': 'none',
}

/** Goes to a page as a stranger and signs in; the client then has the session's cookie. */
export async function signIn(
  stack: Pick<Stack, 'publicUrl'>,
  login: string,
  { client = createJarFetch(), path = '/' }: { client?: JarFetch; path?: string } = {},
): Promise<{ client: JarFetch; landed: string }> {
  const { publicUrl } = stack
  let url = new URL(path, publicUrl).href
  for (let hop = 0; hop < 10; hop++) {
    const response = await client(url, { headers: asNavigation })
    await response.text()
    const location = response.headers.get('location')
    if (location === null) return { client, landed: url }
    url = new URL(location, url).href
    if (!url.startsWith(publicUrl)) url = await signInAtProvider(client, url, login)
  }
  throw new Error('signing in took more than ten hops')
}

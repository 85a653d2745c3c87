import { createJarFetch, type JarFetch } from './jar-fetch.js'
import { type AppInProcess, startAppInProcess } from './app-in-process.js'
import { freePort } from './free-port.js'
import {
  signInAtProvider,
  startProvider,
  type TestProvider,
  type TestProviderOptions,
} from './provider.js'
import { asNavigation, sessionKey } from './stack.js'
import { startUpstream, type Upstream } from './upstream.js'

type Teardown = { teardown: (close: () => Promise<void>) => void }

/** What is needed of a provider, real or a double. */
export interface KnownProvider {
  readonly issuer: string
  readonly clientId?: string
  readonly clientSecret?: string
  readonly redirectUris?: Set<string>
  readonly postLogoutRedirectUris?: Set<string>
}

/** One Valetkey within this process that knows several providers, and an application behind it. */
export interface Several {
  readonly publicUrl: string
  readonly app: AppInProcess
  readonly upstream: Upstream
}

/** Starts a real provider, which ends with the test. */
export async function startRealProvider(
  t: Teardown,
  options?: TestProviderOptions,
): Promise<TestProvider> {
  const provider = await startProvider(options)
  t.teardown(() => provider.stop())
  return provider
}

/**
 * Starts it with these providers, by their ids, and registers a redirect URI of its own at each that is real.
 *
 * @param options.settings of a provider, over the defaults
 * @param options.config over the defaults, section by section
 */
export async function startSeveral(
  t: Teardown,
  providers: Readonly<Record<string, KnownProvider>>,
  options: {
    readonly publicUrl?: string
    readonly settings?: Readonly<Record<string, Record<string, unknown>>>
    readonly config?: (upstream: string) => Record<string, unknown>
    readonly clock?: () => number
  } = {},
): Promise<Several> {
  const upstream = await startUpstream()
  t.teardown(() => upstream.close())
  const {
    publicUrl = `http://localhost:${await freePort()}`,
    settings = {},
    config,
    clock,
  } = options
  const ids = Object.keys(providers)
  for (const [id, { redirectUris, postLogoutRedirectUris }] of Object.entries(providers)) {
    redirectUris?.add(callbackOf(publicUrl, ids.length === 1 ? undefined : id))
    postLogoutRedirectUris?.add(`${publicUrl}/oauth2/signed_out`)
  }
  const written = {
    publicUrl,
    listen: `127.0.0.1:${new URL(publicUrl).port}`,
    session: { keys: [sessionKey] },
    providers: Object.entries(providers).map(
      ([id, { issuer, clientId = 'app', clientSecret = 'secret' }]) =>
        Object.assign({ id, name: `Login of ${id}`, issuer, clientId, clientSecret }, settings[id]),
    ),
    routes: [{ upstream: upstream.url }],
    ...config?.(upstream.url),
  }
  const app = await startAppInProcess(t, written, clock && { clock })
  return { publicUrl, app, upstream }
}

export const callbackOf = (publicUrl: string, id?: string) =>
  `${publicUrl}/oauth2/callback${id === undefined ? '' : `/${id}`}`

/** What came of one request. */
export interface Answered {
  readonly status: number
  /** Absolute; empty when there is none. */
  readonly location: string
  /** `X-Valetkey-Answer`; null when the application answered. */
  readonly answer: string | null
  readonly headers: Headers
  readonly body: string
}

/** Goes to an address of Valetkey's as a person does, without following what it answers. */
export async function visit(
  { publicUrl }: Pick<Several, 'publicUrl'>,
  target: string,
  {
    client = createJarFetch(),
    headers = asNavigation,
    form,
  }: {
    readonly client?: JarFetch
    readonly headers?: Record<string, string>
    /** Sent by POST. */
    readonly form?: Record<string, string>
  } = {},
): Promise<Answered> {
  const url = new URL(target, publicUrl).href
  const type = 'application/x-www-form-urlencoded'
  const response = await client(
    url,
    form === undefined
      ? { headers }
      : {
          method: 'POST',
          headers: { ...headers, 'content-type': type },
          body: new URLSearchParams(form).toString(),
        },
  )
  const location = response.headers.get('location')
  return {
    status: response.status,
    location: location === null ? '' : new URL(location, url).href,
    answer: response.headers.get('x-valetkey-answer'),
    headers: response.headers,
    body: await response.text(),
  }
}

/** Signs in with that provider; the client then has the session. Gives what the callback answered. */
export async function signInWith(
  several: Pick<Several, 'publicUrl'>,
  providerId: string,
  login: string,
  { client = createJarFetch(), returnTo = '/' }: { client?: JarFetch; returnTo?: string } = {},
): Promise<{ client: JarFetch; callback: Answered }> {
  const query = new URLSearchParams({ provider: providerId, rd: returnTo })
  const { location } = await visit(several, `/oauth2/start?${query}`, { client })
  const back = await signInAtProvider(client, location, login)
  return { client, callback: await visit(several, back, { client }) }
}

/** Who is signed in, as `provider sub`; undefined when nobody is. */
export async function whoIs(several: Pick<Several, 'publicUrl'>, client: JarFetch) {
  const { status, body } = await visit(several, '/oauth2/userinfo', { client })
  if (status === 401) return undefined
  const { provider, sub }: { provider: string; sub: string } = JSON.parse(body)
  return `${provider} ${sub}`
}

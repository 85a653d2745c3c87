import { Agent, request, type Dispatcher } from 'undici'
import type { FetchLike } from './provider.js'

/** A user agent whose cookies can be looked at. */
export interface JarFetch extends FetchLike {
  /** The Cookie header that it would send to this URL. */
  cookieFor(url: string): string
}

/** The same user agent, but with these cookies whatever happens. */
export function withCookie(client: JarFetch, cookie: string): JarFetch {
  const fixed: FetchLike = (url, init) =>
    client(url, { ...init, headers: { ...init?.headers, cookie } })
  return Object.assign(fixed, { cookieFor: () => cookie })
}

/** The same user agent, which sends these headers with everything that does not bring its own. */
export function withHeaders(client: JarFetch, headers: Record<string, string>): JarFetch {
  const dressed: FetchLike = (url, init) =>
    client(url, { ...init, headers: { ...headers, ...init?.headers } })
  return Object.assign(dressed, { cookieFor: client.cookieFor })
}

/**
 * A user agent that keeps cookies by origin and never follows redirects. Unlike fetch it sends the
 * headers that it is given and no others, so that it can pass for a browser.
 *
 * @param trust a certificate to trust besides those of the machine
 */
export function createJarFetch(trust: { readonly ca?: string } = {}): JarFetch {
  const jars = new Map<string, Map<string, string>>()
  const dispatcher = new Agent({ keepAliveTimeout: 1000, connect: trust })
  const cookieFor = (url: string) =>
    [...(jars.get(new URL(url).origin) ?? [])].map(([name, value]) => `${name}=${value}`).join('; ')

  const jarFetch: FetchLike = async (url, init = {}) => {
    const { origin } = new URL(url)
    const jar = jars.get(origin) ?? new Map<string, string>()
    jars.set(origin, jar)
    const cookie = cookieFor(url)
    const { statusCode, headers, body } = await request(url, {
      dispatcher,
      method: parseMethod(init.method),
      headers: { ...(cookie === '' ? {} : { cookie }), ...init.headers },
      body: init.body ?? null,
    })
    const lines = [headers['set-cookie'] ?? []].flat()
    for (const line of lines) keepCookie(jar, line)
    const pairs = Object.entries(headers).flatMap(([name, value]) =>
      [value ?? []].flat().map((each): [string, string] => [name, each]),
    )
    return { status: statusCode, headers: new Headers(pairs), text: () => body.text() }
  }
  return Object.assign(jarFetch, { cookieFor })
}

function keepCookie(jar: Map<string, string>, line: string): void {
  const [pair = '', ...attributes] = line.split(';')
  const equals = pair.indexOf('=')
  const name = pair.slice(0, equals)
  // Tests sign in more often than people do, and that is no loop.
  if (name.endsWith('-trail')) return
  if (attributes.some((each) => /^\s*(expires=thu, 01 jan 1970|max-age=0)/i.test(each))) {
    jar.delete(name)
  } else jar.set(name, pair.slice(equals + 1))
}

function parseMethod(method = 'GET'): Dispatcher.HttpMethod {
  if (method === 'GET' || method === 'HEAD' || method === 'POST') return method
  if (method === 'PUT' || method === 'DELETE') return method
  throw new Error(`a method that no test used before: ${method}`)
}

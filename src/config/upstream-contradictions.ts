import { parseHost } from '../access/host.js'
import { hasQueryOrFragment, hasUserinfo, isHostName, parseHttpUrl } from './addresses.js'
import type { Finding } from './config-error.js'
import type { RouteDraft } from './draft.js'

type Upstream = Exclude<NonNullable<RouteDraft['upstream']>, string>

/** What cannot be meant in `routes[].upstream`. */
export function* upstreamContradictions(
  { upstream }: RouteDraft,
  index: number,
): Generator<Finding> {
  if (upstream === undefined) return
  const path = ['routes', index, 'upstream']
  if (typeof upstream === 'string') {
    const message = urlFault(upstream)
    if (message !== undefined) yield { path, message }
    return
  }
  const { url, tls } = upstream
  const message = url === undefined ? undefined : urlFault(url)
  if (message !== undefined) yield { path: [...path, 'url'], message }
  if (tls !== undefined) yield* tlsContradictions({ url, tls }, [...path, 'tls'])
}

/** Of Linux; Node would cut a longer one off. */
const longestSocketPath = 107

/** A socket path is taken as it stands: no escapes, nothing after it. */
function urlFault(url: string): string | undefined {
  const isUnix = /^unix:(\/\/)?\/[^/\s?#%][^\s?#%]*$/.test(url)
  if (!isUnix && !parseHttpUrl(url)) {
    return 'is not an http or https URL; write it like http://127.0.0.1:3000 or unix:/run/app.sock'
  }
  if (isUnix && Buffer.byteLength(url.replace(/^unix:(\/\/)?/, '')) > longestSocketPath) {
    return `has a path of more than ${longestSocketPath} bytes, which no socket can have`
  }
  if (hasUserinfo(url)) return 'must have no user and password'
  if (hasQueryOrFragment(url)) return 'must have no query and no fragment'
  return undefined
}

function* tlsContradictions(
  { url, tls: { serverName, certFile, keyFile } }: Upstream & { tls: NonNullable<Upstream['tls']> },
  path: (string | number)[],
): Generator<Finding> {
  if (url !== undefined && !/^https:/i.test(url)) {
    yield { path, message: 'is set although url is without TLS; write https://' }
  }
  if (serverName !== undefined && !isHostName(serverName)) {
    yield {
      path: [...path, 'serverName'],
      message: 'is no host name; write it like app.internal.example',
    }
  }
  if (certFile !== undefined && keyFile === undefined) {
    yield { path: [...path, 'keyFile'], message: 'is missing: certFile needs its private key' }
  }
  if (keyFile !== undefined && certFile === undefined) {
    yield { path: [...path, 'certFile'], message: 'is missing: keyFile needs its certificate' }
  }
}

/** What cannot be meant in `routes[].forward`. */
export function* forwardContradictions(
  { upstream, forward, match }: RouteDraft,
  at: (...keys: string[]) => (string | number)[],
): Generator<Finding> {
  const { host, stripPrefix } = forward ?? {}
  if (host !== undefined && parseHost(host) === undefined) {
    yield {
      path: at('forward', 'host'),
      message: 'is neither keep, nor upstream, nor a host; write it like app.internal.example:8080',
    }
  }
  const url = typeof upstream === 'string' ? upstream : upstream?.url
  if (host === 'upstream' && url?.startsWith('unix:')) {
    yield { path: at('forward', 'host'), message: 'must be keep or a name: a socket has no host' }
  }
  if (stripPrefix === undefined || match?.path === undefined) return
  if (!`${match.path}/`.startsWith(`${stripPrefix}/`)) {
    yield {
      path: at('forward', 'stripPrefix'),
      message: `is not what match.path (${match.path}) begins with, so there would be requests without it`,
    }
  }
  if (stripPrefix.split('/').some((segment) => segment === '.' || segment === '..')) {
    yield { path: at('forward', 'stripPrefix'), message: 'has a "." or ".." segment' }
  }
}

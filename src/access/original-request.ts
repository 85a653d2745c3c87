import { remember } from '../remember.js'
import type { ClientFacts } from './forwarded.js'
import { parseHost } from './host.js'

/** The request that an ingress asks about, as it arrived there. */
export interface OriginalRequest {
  readonly kind: 'original'
  /** In capital letters, as sent. */
  readonly method: string
  /** In origin form, as sent: `parseRequestTarget` has yet to read it. */
  readonly target: string
  /** A plain host, with the port if one was named. */
  readonly host: string
  readonly scheme: 'http' | 'https'
}

export type OriginalRequestCode =
  | 'ERR_ORIGINAL_REQUEST_DUPLICATE'
  | 'ERR_ORIGINAL_REQUEST_CONTRADICTION'
  | 'ERR_ORIGINAL_REQUEST_INCOMPLETE'
  | 'ERR_ORIGINAL_REQUEST_MALFORMED'

/** What an ingress says about a request cannot be read in one way only; nobody should be let through. */
export interface RefusedOriginalRequest {
  readonly kind: 'refused'
  readonly code: OriginalRequestCode
  /** For the log. */
  readonly reason: string
}

/** nginx and ingress-nginx, as configured for auth_request. */
export const byNginx = { target: 'x-original-url', method: 'x-original-method' } as const
/** Traefik's ForwardAuth and Caddy's forward_auth. */
export const byTraefik = { target: 'x-forwarded-uri', method: 'x-forwarded-method' } as const
const originalHost = 'x-original-host'
const forwardedHost = 'x-forwarded-host'

const fields = [
  byNginx.target,
  byNginx.method,
  byTraefik.target,
  byTraefik.method,
  'host',
  originalHost,
  forwardedHost,
] as const

type Field = (typeof fields)[number]

/**
 * Reads which request a forward-auth subrequest asks about. Answers undefined when the subrequest names none, or
 * comes from a peer that is no trusted proxy.
 *
 * One convention may be used, and all of it: `X-Original-URL` (a URL or a path) with `X-Original-Method`, or
 * `X-Forwarded-Uri` with `X-Forwarded-Method`. The method is never guessed, because the subrequest's own is GET
 * whatever was asked. A client's headers reach Valetkey through most ingresses, so that one header too many is an
 * attempt: what appears twice, in both conventions, or says two hosts is refused. `X-Auth-Request-Redirect` tells
 * where to go after login and counts for no decision.
 *
 * The host is the URL's, or the facts', or `Host`; every other header that names one must name the same. `Host` may
 * differ where it is the decision point's, so beside a URL and beside `X-Forwarded-Host` with `X-Forwarded-Uri`, but
 * not beside a bare path in `X-Original-URL`, which nginx sends together with whatever the client says of a host.
 * Schemes may differ, because an ingress behind a TLS terminator sees http; the facts are nearer to the client.
 *
 * @param facts of the subrequest, by `createClientFacts`
 * @param rawHeaders of the subrequest, names and values by turns
 * @param publicScheme the scheme of the public URL
 */
export function readOriginalRequest(
  facts: ClientFacts,
  rawHeaders: readonly string[],
  publicScheme: OriginalRequest['scheme'],
): OriginalRequest | RefusedOriginalRequest | undefined {
  if (!facts.trusted) return undefined
  const said = saidOnce(rawHeaders)
  if (said === undefined)
    return refuse('DUPLICATE', 'a header that names the request appears twice')
  const says = (...names: Field[]) => names.some((name) => said[name] !== undefined)
  const isNginx = says(byNginx.target, byNginx.method, originalHost)
  const isTraefik = says(byTraefik.target, byTraefik.method)
  if (!isNginx && !isTraefik) return undefined
  if (isNginx && isTraefik) return refuse('CONTRADICTION', 'X-Original-* and X-Forwarded-Uri')

  const convention = isNginx ? byNginx : byTraefik
  const [method, named] = [said[convention.method], said[convention.target]]
  if (method === undefined) return refuse('INCOMPLETE', `${convention.method} is missing`)
  if (named === undefined) return refuse('INCOMPLETE', `${convention.target} is missing`)
  if (!/^[A-Z][A-Z_-]{0,39}$/.test(method)) return refuse('MALFORMED', 'no method')
  const url = isNginx ? splitUrl(named) : { target: named }
  if (!url.target.startsWith('/')) return refuse('MALFORMED', 'neither a path nor a URL')
  if (says(forwardedHost) && facts.host === undefined) return refuse('MALFORMED', 'no host')

  const hosts = [url.host, facts.host, said[originalHost]].filter((host) => host !== undefined)
  const isSure = url.host !== undefined || (isTraefik && facts.host !== undefined)
  if (!isSure) hosts.push(said['host'] ?? '')
  const [hostName, ...hostNames] = hosts.map((host) => parseHost(host)?.name)
  if (hostName === undefined || hostNames.includes(undefined)) return refuse('MALFORMED', 'no host')
  if (hostNames.some((name) => name !== hostName)) return refuse('CONTRADICTION', 'two hosts')
  const scheme = facts.scheme ?? url.scheme ?? publicScheme
  return { kind: 'original', method, target: url.target, host: hosts[0] ?? '', scheme }
}

const fieldOf = remember((name) => {
  const lower = name.toLowerCase()
  return fields.find((field) => field === lower)
})

/** The headers that are read, by name; undefined when one that must not be a list appears twice. */
function saidOnce(
  rawHeaders: readonly string[],
): Readonly<Partial<Record<Field, string>>> | undefined {
  const said: Partial<Record<Field, string>> = {}
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const field = fieldOf(rawHeaders[index] ?? '')
    if (field === undefined) continue
    if (said[field] !== undefined && field !== forwardedHost) return undefined
    said[field] = rawHeaders[index + 1] ?? ''
  }
  return said
}

interface NamedUrl {
  readonly target: string
  readonly host?: string
  readonly scheme?: OriginalRequest['scheme']
}

/**
 * A path stays as it is; of a URL, what nginx makes of `$scheme://$http_host$request_uri`.
 *
 * A client that sends an absolute form makes `https://app.example.comhttp://…` of that: a host that ends with a
 * colon is none.
 */
function splitUrl(named: string): NamedUrl {
  const [, scheme, host, rest = ''] =
    /^(https?):\/\/([^/?#]*[^/?#:])((?:[/?#].*)?)$/is.exec(named) ?? []
  if (scheme === undefined || host === undefined) return { target: named }
  const target = rest.startsWith('/') ? rest : `/${rest}`
  return { scheme: scheme.toLowerCase() === 'https' ? 'https' : 'http', host, target }
}

const refuse = (
  code: 'DUPLICATE' | 'CONTRADICTION' | 'INCOMPLETE' | 'MALFORMED',
  reason: string,
): RefusedOriginalRequest => ({ kind: 'refused', code: `ERR_ORIGINAL_REQUEST_${code}`, reason })

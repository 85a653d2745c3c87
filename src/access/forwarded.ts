import type { RawHeaders } from '../raw-headers.js'
import { remember } from '../remember.js'
import { createNodeReader } from './forwarding-node.js'
import { parseHost } from './host.js'

/** What is known of the client behind the trusted proxies. */
export interface ClientFacts {
  /** The address of the client: the rightmost one that is no trusted proxy. */
  readonly clientAddress: string
  /** The scheme that the client used, if a trusted proxy says so. */
  readonly scheme?: 'http' | 'https'
  /** The host and port that the client asked for, if a trusted proxy says so. */
  readonly host?: string
  /** The port that the client asked for, if a trusted proxy says so; a port of the host goes before it. */
  readonly port?: number
  /** The addresses that are known for sure, from the client to the peer: the value of `X-Forwarded-For`. */
  readonly forwardedFor: string
  /** Whether the peer is a trusted proxy. */
  readonly trusted: boolean
}

/**
 * Creates the reader of `Forwarded` (RFC 7239) and `X-Forwarded-For/-Proto/-Host/-Port`.
 *
 * They count only when the peer is one of `trustedProxies`, and are read from right to left: what stands left
 * of the first address that is not trusted may be the client's invention. `X-Forwarded-*` go before
 * `Forwarded`, because proxies that maintain the former often pass the latter on as the client sent it.
 *
 * Throws TrustedProxyError for an entry that is neither an address nor a CIDR.
 */
export function createClientFacts(options: { readonly trustedProxies: readonly string[] }) {
  const readNode = createNodeReader(options.trustedProxies)

  return (remoteAddress: string | undefined, rawHeaders: readonly string[]): ClientFacts => {
    const peer = readNode(remoteAddress ?? '')
    const peerAddress = peer?.address ?? ''
    if (peer?.isTrusted !== true) {
      return { clientAddress: peerAddress, forwardedFor: peerAddress, trusted: false }
    }
    const said = readForwarding(rawHeaders)
    let clientAddress = peerAddress
    let forwardedFor = peerAddress
    let trustedHops = 1
    for (let at = said.nodes.length - 1; at >= 0; at--) {
      const node = readNode(said.nodes[at] ?? '')
      if (node === undefined) break
      clientAddress = node.address
      forwardedFor = `${node.address}, ${forwardedFor}`
      if (!node.isTrusted) break
      trustedHops++
    }
    const scheme = readScheme(saidByHop(said.schemes, trustedHops))
    const host = saidByHop(said.hosts, trustedHops)
    const port = readPort(saidByHop(said.ports, trustedHops))
    const facts: { -readonly [Name in keyof ClientFacts]: ClientFacts[Name] } = {
      clientAddress,
      forwardedFor,
      trusted: true,
    }
    if (scheme !== undefined) facts.scheme = scheme
    if (host !== undefined && parseHost(host) !== undefined) facts.host = host
    if (port !== undefined) facts.port = port
    return facts
  }
}

/**
 * The headers that tell the upstream about the client, rebuilt from what is known: the way of the request, and
 * scheme, host and port as the client sees them. `Forwarded` is not sent, since these say the same.
 */
export function forwardingHeaders(
  facts: ClientFacts,
  asked: { readonly scheme: string; readonly host: string },
): RawHeaders {
  const scheme = facts.scheme ?? asked.scheme
  const host = facts.host ?? asked.host
  // Most hosts name no port, and this is on the way of every request.
  const named = host.includes(':') ? parseHost(host)?.port : undefined
  const port = named ?? facts.port ?? (scheme === 'https' ? 443 : 80)
  return [
    'X-Forwarded-For',
    facts.forwardedFor,
    'X-Forwarded-Proto',
    scheme,
    'X-Forwarded-Host',
    host,
    'X-Forwarded-Port',
    String(port),
    'X-Real-IP',
    facts.clientAddress,
  ]
}

interface Forwarding {
  readonly nodes: readonly string[]
  readonly schemes: readonly string[]
  readonly hosts: readonly string[]
  readonly ports: readonly string[]
}

/** What the outermost trusted proxy said: a list that each of them extended, or one value for all. */
const saidByHop = (values: readonly string[], hops: number) =>
  values[Math.max(0, values.length - hops)]

/** Traefik says `wss` of a WebSocket's handshake. */
function readScheme(said: string | undefined): ClientFacts['scheme'] {
  const scheme = said?.toLowerCase()
  if (scheme === 'https' || scheme === 'wss') return 'https'
  return scheme === 'http' || scheme === 'ws' ? 'http' : undefined
}

function readPort(said: string | undefined): number | undefined {
  if (said === undefined || !/^[0-9]{1,5}$/.test(said)) return undefined
  const port = Number(said)
  return port > 0 && port <= 65_535 ? port : undefined
}

const fieldNames = ['for', 'proto', 'host', 'port'] as const
type Field = (typeof fieldNames)[number] | 'forwarded'

const fieldOf = remember((name): Field | 'other' => {
  const lower = name.toLowerCase()
  if (lower === 'forwarded') return lower
  return fieldNames.find((field) => lower === `x-forwarded-${field}`) ?? 'other'
})

/** The values of these list headers over all their lines. */
function readForwarding(rawHeaders: readonly string[]): Forwarding {
  const lists: Record<Field, string[]> = { for: [], proto: [], host: [], port: [], forwarded: [] }
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const field = fieldOf(rawHeaders[index] ?? '')
    if (field !== 'other') addValues(lists[field], rawHeaders[index + 1] ?? '', field)
  }
  const { for: nodes, proto: schemes, host: hosts, port: ports, forwarded } = lists
  if (nodes.length + schemes.length + hosts.length > 0) return { nodes, schemes, hosts, ports }
  const elements = forwarded.map(parseForwardedElement)
  const all = (name: string) => elements.map((element) => element.get(name) ?? '')
  return { nodes: all('for'), schemes: all('proto'), hosts: all('host'), ports }
}

function addValues(values: string[], line: string, field: Field): void {
  const parts = line.includes(',') ? splitList(line, field === 'forwarded') : [line]
  for (const part of parts) {
    const value = part.trim()
    if (value !== '') values.push(value)
  }
}

/**
 * Splits at commas, those within quoted strings left alone where there are such. A quote that a client left
 * open must not swallow what the proxies added after it.
 */
function splitList(line: string, hasQuotedStrings: boolean): readonly string[] {
  const isQuoted = hasQuotedStrings && /^(?:[^"]|"(?:[^"\\]|\\.)*")*$/.test(line)
  return isQuoted ? (line.match(/(?:[^,"]|"(?:[^"\\]|\\.)*")+/g) ?? []) : line.split(',')
}

/** One element of `Forwarded`: `for="[2001:db8::1]:80";proto=https;host=example.com` (RFC 7239 §4). */
function parseForwardedElement(element: string): ReadonlyMap<string, string> {
  const pairs = element.matchAll(/\b([a-z]+)=(?:"((?:[^"\\]|\\.)*)"|([^;,"\s]*))/gi)
  return new Map(
    Array.from(pairs, ([, name = '', quoted, token = '']) => [
      name.toLowerCase(),
      quoted?.replaceAll(/\\(.)/g, '$1') ?? token,
    ]),
  )
}

import { isIP } from 'node:net'

/** Reads an absolute http or https URL, strictly: no spaces, no backslashes, no missing slashes. */
export function parseHttpUrl(text: string): URL | undefined {
  return /^https?:\/\/[^\s\\/?#]/i.test(text) && !/[\s\\]/.test(text) && URL.canParse(text)
    ? new URL(text)
    : undefined
}

/** Whether the text has a query or fragment, an empty one included. */
export function hasQueryOrFragment(text: string): boolean {
  return /[?#]/.test(text)
}

export function hasUserinfo(text: string): boolean {
  return /^[a-z]+:\/\/[^/?#]*@/i.test(text)
}

/** Whether a URL's host never leaves the machine: `localhost`, `*.localhost`, 127.0.0.0/8, `[::1]`. */
export function isLoopbackHost(hostname: string): boolean {
  const isLoopbackAddress = isIP(hostname) === 4 && hostname.startsWith('127.')
  return isLoopbackAddress || hostname === '[::1]' || /(^|\.)localhost$/.test(hostname)
}

/** Whether the text is a DNS name (RFC 1123 §2.1) and no IP address. */
export function isHostName(text: string): boolean {
  const label = '[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?'
  return (
    text.length <= 253 &&
    new RegExp(`^${label}(\\.${label})*$`, 'i').test(text) &&
    !/(^|\.)[0-9]+$/.test(text)
  )
}

/** What is wrong with the domain of e-mail addresses, if anything is. */
export function emailDomainFault(domain: string): string | undefined {
  return /[@*\s/:]/.test(domain)
    ? 'is no domain; write it without "@" and without wildcard: example.com'
    : undefined
}

/** Whether the text is an address (`10.0.0.1`) or a network (`10.0.0.0/8`, `fd00::/8`). */
export function isAddressOrCidr(text: string): boolean {
  const [address = '', prefix, ...rest] = text.split('/')
  const family = isIP(address)
  if (family === 0 || rest.length > 0 || address.includes('%')) return false
  if (prefix === undefined) return true
  return /^[0-9]{1,3}$/.test(prefix) && Number(prefix) <= (family === 4 ? 32 : 128)
}

/** Reads `host:port`, `[ipv6]:port`; undefined if either part cannot be listened on. */
export function parseListenAddress(text: string): { host: string; port: number } | undefined {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+)):([0-9]{1,5})$/.exec(text)
  const [ipv6, name] = [match?.[1], match?.[2]]
  const port = Number(match?.[3])
  if (!match || port > 65_535) return undefined
  if (ipv6 !== undefined) return isIP(ipv6) === 6 ? { host: ipv6, port } : undefined
  return name !== undefined && (isIP(name) === 4 || isHostName(name))
    ? { host: name, port }
    : undefined
}

import { isIPv6 } from 'node:net'
import { remember } from '../remember.js'

/** A host as a request names it. */
export interface Host {
  /** In lower case, without a trailing dot; IPv6 addresses in brackets. */
  readonly name: string
  readonly port?: number
}

/**
 * Reads the value of `Host`, `:authority` or `X-Forwarded-Host` (RFC 9110 §7.2).
 *
 * Answers undefined for what is no plain ASCII name or address: user information, escapes, several hosts.
 */
export function parseHost(value: string | undefined): Host | undefined {
  return value === undefined || value.length > 300 ? undefined : hostOf(value)
}

const hostOf = remember((value): Host | undefined => {
  const match =
    /^(?:((?:[a-z0-9_-]+\.)*[a-z0-9_-]+\.?)|\[([0-9a-f:.]+)\])(?::([0-9]{0,5}))?$/i.exec(value)
  if (match === null) return undefined
  const [, name, ipv6, digits = ''] = match
  if (ipv6 !== undefined && !isIPv6(ipv6)) return undefined
  const canonical = ipv6 === undefined ? withoutTrailingDot(name ?? '') : `[${ipv6}]`
  const port = Number(digits)
  if (canonical === '' || port > 65535) return undefined
  return { name: canonical.toLowerCase(), ...(digits === '' ? {} : { port }) }
})

/** `example.com.` is the same host as `example.com`, and some upstreams treat it so. */
export const withoutTrailingDot = (name: string): string =>
  name.endsWith('.') ? name.slice(0, -1) : name

import { parseHost } from './host.js'
import { foldCase, hasControlByte, readingsOf } from './readings.js'

export interface ReturnToOptions {
  readonly publicUrl: string
  /** Hosts besides that of `publicUrl`, each with its port if it has one; `*.` stands for subdomains. */
  readonly hosts: readonly string[]
  /** Valetkey's own endpoints: nobody returns to a sign-out. */
  readonly basePath: string
}

// So that the cookie of a pending login, which keeps it sealed, stays below 4096 bytes.
const maxLength = 2048

/**
 * Reads where somebody wants to go after login or logout (RFC 9700 §2.1: no open redirector).
 *
 * Answers an absolute path on the host of `publicUrl`, or an absolute URL of one of `hosts`, normalized so
 * that a browser that resolves it against `publicUrl` arrives there; undefined for anything else.
 */
export function parseReturnTo(
  value: string | undefined,
  options: ReturnToOptions,
): string | undefined {
  if (value === undefined || value.length > maxLength) return undefined
  // Browsers drop some of these before they look at a URL, and take backslashes before a query for slashes.
  if (/[\p{Cc} ]|^[^?#]*\\/u.test(value)) return undefined
  const publicUrl = new URL(options.publicUrl)
  const isPath = value.startsWith('/') && !value.startsWith('//')
  if (!isPath && !namesPlainHost(value)) return undefined
  const url = parseUrl(value, publicUrl)
  if (url === undefined || !isHarmlessPath(url.pathname, options.basePath)) return undefined
  const isPublicHost = url.origin === publicUrl.origin
  const isAllowed = url.protocol === publicUrl.protocol && isAllowedHost(url, options.hosts)
  if (!isPublicHost && !isAllowed) return undefined
  const returnTo = isPublicHost ? url.pathname + url.search + url.hash : url.href
  return returnTo.length > maxLength ? undefined : returnTo
}

/** Whether the URL spells its host as it is, so that no parser finds another one. */
function namesPlainHost(value: string): boolean {
  const match = /^https?:\/\/([^/?#]+)/i.exec(value)
  return match?.[1] !== undefined && parseHost(match[1]) !== undefined && !match[1].endsWith('.')
}

function parseUrl(value: string, base: URL): URL | undefined {
  try {
    return new URL(value, base)
  } catch {
    return undefined
  }
}

/** Whether the path still is one of the application after somebody on the way decodes or resolves it. */
function isHarmlessPath(pathname: string, basePath: string): boolean {
  const own = foldCase(basePath)
  const isHarmless = (reading: string) =>
    !/^\/[\s/\\]/.test(reading) &&
    !hasControlByte(reading) &&
    !`${foldCase(reading)}/`.startsWith(`${own}/`)
  return readingsOf(pathname)?.every(isHarmless) === true
}

const isAllowedHost = (url: URL, hosts: readonly string[]) =>
  hosts.some((entry) => {
    const host = entry.toLowerCase()
    return host.startsWith('*.') ? url.host.endsWith(host.slice(1)) : url.host === host
  })

import { parseHost } from './host.js'
import { foldCase, hasControlByte, readingsOf } from './readings.js'

export interface ReturnToOptions {
  readonly publicUrl: string
  /** Hosts besides that of `publicUrl`, each with its port if it has one; `*.` stands for subdomains. */
  readonly hosts: readonly string[]
  /** Valetkey's own endpoints: nobody returns to a sign-out. */
  readonly basePath: string
}

/**
 * It travels in the address at which a login begins, where encoding may make it three times as long and servers commonly
 * take 8 KB, and sealed in the cookie of the login, of which browsers keep 4096 octets and ingresses commonly 4 KB
 * with all the head of the answer.
 */
const maxLength = 2048

/** Where somebody goes after login or logout, and whether it is less than was asked for, which was too long. */
export interface ReadReturnTo {
  readonly returnTo: string | undefined
  readonly isCut: boolean
}

const nowhere: ReadReturnTo = { returnTo: undefined, isCut: false }

/**
 * Reads where somebody wants to go after login or logout (RFC 9700 §2.1: no open redirector).
 *
 * Answers an absolute path on the host of `publicUrl`, or an absolute URL of one of `hosts`, normalized so
 * that a browser that resolves it against `publicUrl` arrives there; undefined for anything else. What is too
 * long goes without its fragment, then without its query.
 */
export function readReturnTo(value: string | undefined, options: ReturnToOptions): ReadReturnTo {
  if (value === undefined) return nowhere
  // Browsers drop some of these before they look at a URL, and take backslashes before a query for slashes.
  if (/[\p{Cc} ]|^[^?#]*\\/u.test(value)) return nowhere
  const publicUrl = new URL(options.publicUrl)
  const isPath = value.startsWith('/') && !value.startsWith('//')
  if (!isPath && !namesPlainHost(value)) return nowhere
  const url = parseUrl(value, publicUrl)
  if (url === undefined) return nowhere
  const isPublicHost = url.origin === publicUrl.origin
  const isAllowed = url.protocol === publicUrl.protocol && isAllowedHost(url, options.hosts)
  if (!isPublicHost && !isAllowed) return nowhere
  const path = isPublicHost ? url.pathname : url.origin + url.pathname
  if (path.length > maxLength) return { returnTo: undefined, isCut: true }
  if (!isHarmlessPath(url.pathname, options.basePath)) return nowhere
  const page = path + url.search
  const returnTo = [page + url.hash, page].find(({ length }) => length <= maxLength) ?? path
  return { returnTo, isCut: returnTo.length < page.length + url.hash.length }
}

/** The part of a return-to that names the page, for where there is no room for the rest. */
export const pathOfReturnTo = (returnTo: string): string => returnTo.replace(/[?#].*$/s, '')

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

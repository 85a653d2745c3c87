import { BlockList, isIP } from 'node:net'
import { OidcError } from './errors.js'
import { isLoopback } from './provider-url.js'

/**
 * Which proxy leads to a URL, as the environment says: `HTTPS_PROXY` or `HTTP_PROXY` by the scheme of the URL, but not to
 * what `NO_PROXY` lists (`*`, host names with all below them, addresses, CIDRs, each with a port if need be). The
 * lower-case spellings go first. Loopback is never reached through a proxy, for which it would be another machine.
 *
 * Throws OidcError ERR_PROVIDER_CONFIGURATION for a proxy that is none.
 */
export function createProxyChoice(env: NodeJS.ProcessEnv): (url: URL) => string | undefined {
  const setting = (name: string) => env[name.toLowerCase()] || env[name] || undefined
  const proxies: Readonly<Record<string, string | undefined>> = {
    'https:': proxyUrl('HTTPS_PROXY', setting('HTTPS_PROXY')),
    'http:': proxyUrl('HTTP_PROXY', setting('HTTP_PROXY')),
  }
  const exceptions = (setting('NO_PROXY') ?? '').split(/[\s,]+/).filter((entry) => entry !== '')
  const isExcepted = exceptions.map(parseException)

  return (url) => {
    const proxy = proxies[url.protocol]
    if (proxy === undefined || isLoopback(url.hostname)) return undefined
    return isExcepted.some((matches) => matches(url)) ? undefined : proxy
  }
}

function proxyUrl(name: string, written: string | undefined): string | undefined {
  if (written === undefined) return undefined
  // As curl reads it.
  const text = written.includes('://') ? written : `http://${written}`
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text
  throw new OidcError('ERR_PROVIDER_CONFIGURATION', `${name} is no http or https URL of a proxy`)
}

function parseException(entry: string): (url: URL) => boolean {
  if (entry === '*') return () => true
  // An IPv6 address without brackets has no port.
  const withPort = isIP(entry) === 0 ? /^(.+):(\d+)$/.exec(entry) : null
  const [, name = entry, port] = withPort ?? []
  const onPort = (url: URL) => port === undefined || port === portOf(url)
  const list = addressesOf(withoutBrackets(name))
  if (list !== undefined) return (url) => onPort(url) && holds(list, url)
  const domain = name.toLowerCase().replace(/^\*?\./, '')
  return (url) => onPort(url) && (url.hostname === domain || url.hostname.endsWith(`.${domain}`))
}

/** An address or a CIDR as a list; undefined for a name. */
function addressesOf(text: string): BlockList | undefined {
  const [address = '', prefix] = text.split('/', 2)
  const version = isIP(address)
  if (version === 0) return undefined
  const list = new BlockList()
  const type = version === 4 ? 'ipv4' : 'ipv6'
  const most = version === 4 ? 32 : 128
  const bits = prefix === undefined ? most : Number(prefix)
  if (Number.isInteger(bits) && bits >= 0 && bits <= most) list.addSubnet(address, bits, type)
  return list
}

function holds(list: BlockList, url: URL): boolean {
  const address = withoutBrackets(url.hostname)
  const version = isIP(address)
  return version !== 0 && list.check(address, version === 4 ? 'ipv4' : 'ipv6')
}

const withoutBrackets = (text: string) => text.replace(/^\[(.*)\]$/, '$1')

function portOf({ port, protocol }: URL): string {
  if (port !== '') return port
  return protocol === 'https:' ? '443' : '80'
}

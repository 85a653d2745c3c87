import { BlockList, isIP } from 'node:net'

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')

const internal = new BlockList()
internal.addSubnet('0.0.0.0', 8, 'ipv4')
internal.addSubnet('10.0.0.0', 8, 'ipv4')
internal.addSubnet('100.64.0.0', 10, 'ipv4')
internal.addSubnet('127.0.0.0', 8, 'ipv4')
internal.addSubnet('169.254.0.0', 16, 'ipv4')
internal.addSubnet('172.16.0.0', 12, 'ipv4')
internal.addSubnet('192.168.0.0', 16, 'ipv4')
internal.addSubnet('::', 127, 'ipv6')
internal.addSubnet('64:ff9b::', 96, 'ipv6')
internal.addSubnet('fc00::', 7, 'ipv6')
internal.addSubnet('fe80::', 10, 'ipv6')

/** Which addresses the settings of a provider allow Valetkey to call. */
export interface ProviderUrlRules {
  readonly issuer: string
  readonly discoveryUrl?: string | undefined
  readonly allowInsecureIssuer: boolean
}

/**
 * Says why a URL from the provider's metadata must not be used; undefined when it may be.
 *
 * https is required; plain http goes only with a plain http issuer or `discoveryUrl`, on loopback or with
 * `allowInsecureIssuer`. An address literal of an internal network is refused unless one of these is at
 * that host, so that foreign metadata cannot aim Valetkey at a neighbour.
 */
export function objectionToUrl(text: string, rules: ProviderUrlRules): string | undefined {
  if (!URL.canParse(text)) return 'is no absolute URL'
  const url = new URL(text)
  const known = [rules.issuer, rules.discoveryUrl].flatMap((written) =>
    written !== undefined && URL.canParse(written) ? [new URL(written)] : [],
  )
  if (url.username !== '' || url.password !== '') return 'holds credentials'
  if (url.hash !== '') return 'has a fragment'
  if (url.protocol === 'http:') {
    if (!known.some(({ protocol }) => protocol === 'http:')) return 'is not https'
    if (!rules.allowInsecureIssuer && !isLoopback(url.hostname)) return 'is plain http off loopback'
  } else if (url.protocol !== 'https:') return 'is not https'
  if (isInternalAddress(url.hostname) && !known.some(({ hostname }) => hostname === url.hostname)) {
    return 'is an internal address that the issuer does not have'
  }
  return undefined
}

/** Whether a host name of a URL is this machine's own. */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname.endsWith('.localhost') || listed(loopback, hostname)
}

function isInternalAddress(hostname: string): boolean {
  const name = hostname.replace(/\.$/, '')
  return name === 'localhost' || name.endsWith('.localhost') || listed(internal, name)
}

function listed(list: BlockList, hostname: string): boolean {
  const address = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname
  const version = isIP(address)
  return version !== 0 && list.check(address, version === 4 ? 'ipv4' : 'ipv6')
}

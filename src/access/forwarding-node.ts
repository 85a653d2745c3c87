import { BlockList, isIP, isIPv4, isIPv6 } from 'node:net'
import { CodedError } from '../errors.js'

/** An entry of `trustedProxies` that is neither an address nor a CIDR. */
class TrustedProxyError extends CodedError<'ERR_ACCESS_TRUSTED_PROXY'> {
  constructor(entry: string) {
    super('ERR_ACCESS_TRUSTED_PROXY', `"${entry}" must be an IP address or a CIDR`)
  }
}

/** A hop on the way of a request. */
export interface ForwardingNode {
  /** The IP address as it is compared: without port, brackets and zone, IPv4 never mapped into IPv6. */
  readonly address: string
  readonly isTrusted: boolean
}

const maxKnownNodes = 4096

/**
 * Creates the reader of hops. It remembers, because few peers send many requests and BlockList is slow.
 *
 * Throws TrustedProxyError for a range that is neither an address nor a CIDR.
 */
export function createNodeReader(
  ranges: readonly string[],
): (name: string) => ForwardingNode | undefined {
  const trusted = createBlockList(ranges)
  const known = new Map<string, ForwardingNode | undefined>()

  const read = (name: string): ForwardingNode | undefined => {
    const address = parseAddress(name)
    if (address === undefined) return undefined
    const isTrusted = trusted.check(address, isIPv4(address) ? 'ipv4' : 'ipv6')
    return { address, isTrusted }
  }

  return (name) => {
    if (name.length > 100) return undefined
    if (known.has(name)) return known.get(name)
    if (known.size >= maxKnownNodes) known.clear()
    // A copy: parts of a string hold all of it in memory, here a whole header.
    const kept = structuredClone(name)
    const node = read(kept)
    known.set(kept, node)
    return node
  }
}

function parseAddress(name: string): string | undefined {
  const bare = /^\[([^\]]*)\](?::\w+)?$/.exec(name)?.[1] ?? withoutIPv4Port(name)
  const address = bare.replace(/^::ffff:(?=[0-9.]+$)/i, '').replace(/%.*$/, '')
  return isIP(address) === 0 ? undefined : address.toLowerCase()
}

const withoutIPv4Port = (name: string) => /^([0-9.]+):[0-9]+$/.exec(name)?.[1] ?? name

function createBlockList(ranges: readonly string[]): BlockList {
  const list = new BlockList()
  for (const range of ranges) {
    const [network = '', prefix, ...rest] = range.split('/')
    const bits = isIPv4(network) ? 32 : isIPv6(network) ? 128 : 0
    const length = prefix === undefined ? bits : /^[0-9]{1,3}$/.test(prefix) ? Number(prefix) : 999
    if (bits === 0 || length > bits || rest.length > 0) throw new TrustedProxyError(range)
    list.addSubnet(network, length, bits === 32 ? 'ipv4' : 'ipv6')
  }
  return list
}

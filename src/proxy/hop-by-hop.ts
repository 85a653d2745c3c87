/**
 * The fields that concern one connection only (RFC 9110 §7.6.1), besides those that Connection lists.
 * The credentials of proxies are among them: Valetkey is no forward proxy.
 */
const hopByHop = new Set([
  'connection',
  'http2-settings',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authentication-info',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'transfer-encoding',
  'upgrade',
])

/** @param name in lower case */
export const isHopByHop = (name: string): boolean => hopByHop.has(name)

/**
 * The names that the Connection fields of a raw header array list, in lower case; undefined when they say no more than
 * whether the connection stays.
 */
export const namesListedInConnection = (
  rawHeaders: readonly string[],
): ReadonlySet<string> | undefined => {
  let names: Set<string> | undefined
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]
    if (name?.length !== 10 || name.toLowerCase() !== 'connection') continue
    const value = rawHeaders[i + 1] ?? ''
    if (value === 'keep-alive' || value === 'close') continue
    names ??= new Set()
    for (const listed of value.split(',')) names.add(listed.trim().toLowerCase())
  }
  return names
}

/** Fields that change how a message is read and so never come in behind it (RFC 9110 §6.5.1). */
export const neverInTrailers: ReadonlySet<string> = new Set([
  'authorization',
  'cache-control',
  'content-encoding',
  'content-length',
  'content-range',
  'content-type',
  'host',
  'location',
  'set-cookie',
  'trailer',
  'vary',
  'www-authenticate',
])

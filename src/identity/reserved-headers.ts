/** The header that carries the access token on routes with `accessToken: header`. */
export const accessTokenHeaderName = 'X-Forwarded-Access-Token'
/** The header that carries the identity assertion. */
export const assertionHeaderName = 'X-Valetkey-Assertion'

const reservedPrefixes = [
  'x-forwarded-',
  'x-valetkey-',
  'x-auth-request-',
  'x-original-',
  'x-envoy-original-',
  // What other proxies say of people, and applications of theirs believe.
  'remote-',
  'x-pomerium-',
  'x-goog-authenticated-user-',
  'x-goog-iap-',
  'x-ms-client-principal',
  'x-ms-token-',
]

const reservedNames = new Set([
  'forwarded',
  'x-forwarded',
  'x-real-ip',
  // Other names for the client's address; Rails refuses a request whose Client-IP is not in X-Forwarded-For.
  'cf-connecting-ip',
  'client-ip',
  'fastly-client-ip',
  'true-client-ip',
  'x-client-ip',
  'x-cluster-client-ip',
  // Frameworks that take the path from one of these would serve another one than was decided upon.
  'x-rewrite-url',
  'x-http-host-override',
  'x-host',
  // What oauth2-proxy sends.
  'gap-auth',
  'gap-signature',
])

/**
 * Whether only Valetkey may tell the upstream this: headers of identity and of forwarding, and those that
 * replace the request's path. They are removed from every inbound request, and from trailers.
 *
 * CGI, WSGI and PHP make one variable of `X-Forwarded-User`, `x_forwarded_user` and `X.Forwarded.User`;
 * so every character but letters and digits counts as `-`.
 */
export function isReservedHeader(rawName: string): boolean {
  switch (rawName.charCodeAt(0) | 0x20) {
    case 0x78: // x
      return !isLetter(rawName.charCodeAt(1)) && isReserved(rawName)
    case 0x72: // r, as in Remote-User; not Referer, which is everywhere
      return !isLetter(rawName.charCodeAt(6)) && isReserved(rawName)
    case 0x63: // c
    case 0x66: // f
    case 0x67: // g
    case 0x74: // t
      return reservedLengths.has(rawName.length) && isReserved(rawName)
    default:
      return false
  }
}

/**
 * As `isReservedHeader`, with names that the configuration adds. A name that any route sends is reserved on all of them:
 * else a client could send it where it is not replaced.
 */
export function createReservedHeaders(names: readonly string[]): (rawName: string) => boolean {
  const added = new Set(names.map(spelledOneWay).filter((name) => !isReservedHeader(name)))
  if (added.size === 0) return isReservedHeader
  const lengths = new Set(Array.from(added, (name) => name.length))
  return (rawName) =>
    isReservedHeader(rawName) || (lengths.has(rawName.length) && added.has(spelledOneWay(rawName)))
}

const reservedLengths = new Set(Array.from(reservedNames, (name) => name.length))

const isLetter = (code: number) => (code | 0x20) >= 0x61 && (code | 0x20) <= 0x7a

const methodOverrides = new Set(['x-http-method', 'x-http-method-override', 'x-method-override'])

/**
 * Whether frameworks take the method of a request from this header. Where routes differ by method, an upstream would
 * else do what another route's rules are for.
 */
export const isMethodOverrideHeader = (rawName: string): boolean =>
  (rawName.charCodeAt(0) | 0x20) === 0x78 && methodOverrides.has(spelledOneWay(rawName))

/** How applications spell a name that take `-`, `_` and their like for the same. */
export function spelledOneWay(rawName: string): string {
  const lower = rawName.toLowerCase()
  return /^[a-z0-9-]*$/.test(lower) ? lower : lower.replaceAll(/[^a-z0-9]/g, '-')
}

function isReserved(rawName: string): boolean {
  const name = spelledOneWay(rawName)
  return reservedNames.has(name) || reservedPrefixes.some((prefix) => name.startsWith(prefix))
}

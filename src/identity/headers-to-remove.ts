import { type Header, identityHeaderNames } from './identity-headers.js'
import { accessTokenHeaderName, assertionHeaderName } from './reserved-headers.js'

/** What a client may not say about itself, sent or not: an ingress need not show every header it was sent. */
const neverFromClients = [
  ...Object.values(identityHeaderNames),
  accessTokenHeaderName,
  assertionHeaderName,
].map((name) => name.toLowerCase())

const replaced = ['authorization', 'cookie']

/** What an ingress tells the upstream about the way of a request, and keeps true itself. */
const toldByIngress = new Set([
  'forwarded',
  'x-real-ip',
  'x-forwarded-for',
  'x-forwarded-proto',
  'x-forwarded-host',
  'x-forwarded-port',
  'x-forwarded-client-cert',
])

/**
 * The names, in lower case, that an ingress must take out of an admitted request: every reserved one in every
 * spelling that the client used, and what Valetkey replaces. What is set stands not here, since Envoy removes
 * after it sets.
 */
export function headersToRemove(
  sent: readonly string[],
  admitted: readonly Header[],
  isReserved: (name: string) => boolean,
): readonly string[] {
  const names = new Set([...neverFromClients, ...replaced])
  for (const name of sent.map((each) => each.toLowerCase())) {
    if (isReserved(name) && !toldByIngress.has(name)) names.add(name)
    if (replaced.includes(name.replaceAll(/[^a-z]/g, '-'))) names.add(name)
  }
  for (const [name] of admitted) names.delete(name.toLowerCase())
  return [...names]
}

import { namesIn, type RawHeaders } from '../raw-headers.js'

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
export type HeadersToRemove = (sent: readonly string[], admitted: RawHeaders) => readonly string[]

/** Says what an ingress must remove. */
export function createHeadersToRemove(options: {
  readonly isReserved: (name: string) => boolean
  /** What a client may not say about itself, sent or not: an ingress need not show every header it was sent. */
  readonly neverFromClients: readonly string[]
}): HeadersToRemove {
  const { isReserved } = options
  const always = [...options.neverFromClients.map((name) => name.toLowerCase()), ...replaced]

  return function headersToRemove(sent, admitted) {
    const names = new Set(always)
    for (const name of sent.map((each) => each.toLowerCase())) {
      if (isReserved(name) && !toldByIngress.has(name)) names.add(name)
      if (replaced.includes(name.replaceAll(/[^a-z]/g, '-'))) names.add(name)
    }
    for (const name of namesIn(admitted)) names.delete(name.toLowerCase())
    return [...names]
  }
}

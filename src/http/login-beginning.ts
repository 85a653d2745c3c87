import type { IncomingMessage } from 'node:http'
import type { ClientFacts } from '../access/forwarded.js'
import type { LoginBeginning } from './return-state.js'

// So that it fits into the state; no host name is longer.
const longestHost = 253

/**
 * Where and when a login begins, by what a trusted proxy says, else by the connection. Over plain http,
 * but for loopback, browsers leave out Fetch Metadata; that alone tells where TLS ends before Valetkey.
 */
export function readBeginning(
  { headers, socket }: IncomingMessage,
  client: ClientFacts,
  now: number,
): LoginBeginning {
  const host = (client.host ?? headers.host ?? '').slice(0, longestHost)
  const isBrowser = headers['user-agent']?.startsWith('Mozilla/') === true
  const leavesOut = isBrowser && headers['sec-fetch-site'] === undefined
  const guessed = 'encrypted' in socket ? 'https' : leavesOut ? 'http' : undefined
  const scheme = client.scheme ?? guessed
  return { at: now, host, ...(scheme && { scheme }) }
}

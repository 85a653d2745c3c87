import type { OutgoingHttpHeaders } from 'node:http2'
import type { Dispatcher } from 'undici'

/** The header block of a request, in which `Host` is the authority (RFC 9113 §8.3.1). */
export const toRequestFields = ({
  origin,
  method,
  path,
  headers,
}: Dispatcher.DispatchOptions): OutgoingHttpHeaders => {
  const fields = toFields(Array.isArray(headers) ? headers : [])
  const { host } = fields
  delete fields['host']
  return Object.assign(fields, {
    ':method': method,
    ':scheme': String(origin).startsWith('https:') ? 'https' : 'http',
    ':authority': host,
    ':path': path,
  })
}

/** Fields of one name stay apart; node refuses several of a name that HTTP has only once. */
export const toFields = (raw: readonly unknown[]): OutgoingHttpHeaders => {
  const fields: Record<string, string[]> = Object.create(null)
  for (let i = 0; i < raw.length; i += 2) {
    const name = String(raw[i]).toLowerCase()
    const values = (fields[name] ??= [])
    values.push(String(raw[i + 1]))
  }
  return fields
}

/** Names and values by turns, without those that HTTP/1.1 has in the first line. */
export const withoutPseudoHeaders = (raw: readonly string[]): string[] =>
  raw.filter((_text, index) => raw[index - (index % 2)]?.startsWith(':') !== true)

/**
 * A gRPC server that has nothing to send puts its status into the only header block there is. Where the next hop has
 * headers and an end apart, the status belongs to the end, and so no length goes before it.
 */
export const withStatusBehind = (
  raw: readonly string[],
): { fields: readonly string[]; trailers: string[] } => {
  const nameAt = (index: number): string => raw[index - (index % 2)] ?? ''
  const isStatus = (index: number): boolean =>
    /^grpc-(status|message|status-details-bin)$/.test(nameAt(index))
  const trailers = raw.filter((_text, index) => isStatus(index))
  if (trailers.length === 0) return { fields: raw, trailers }
  const isLeft = (index: number): boolean => !isStatus(index) && nameAt(index) !== 'content-length'
  return { fields: raw.filter((_text, index) => isLeft(index)), trailers }
}

import type { CheckRequest } from './check-messages.js'

/** The request that a check is about. Texts are the Latin-1 view of their bytes, as node:http has them. */
export interface CheckedRequest {
  readonly method: string
  /** Path and query as the client sent them. */
  readonly target: string
  readonly host: string | undefined
  /** Names in lower case, without those that begin with a colon. */
  readonly headers: readonly (readonly [name: string, value: string])[]
}

/** What Envoy says of the request, as if it had arrived by HTTP/1.1. */
export function checkedRequestOf({
  attributes: { source, request },
}: CheckRequest): CheckedRequest {
  const { method, path, host } = request.http
  const headers = headersOf(request.http)
  const address = source?.address?.socketAddress?.address
  // Envoy may be told not to add the address; what stands last in the header then is the client's invention.
  if (address !== undefined && lastForwardedFor(headers) !== address) {
    headers.push(['x-forwarded-for', address])
  }
  return {
    method: latin1(method),
    target: latin1(path),
    host: host === undefined ? undefined : latin1(host),
    headers,
  }
}

function headersOf({ headers, headerMap }: CheckRequest['attributes']['request']['http']) {
  // With encode_raw_headers there is the second kind only, which keeps bytes and duplicates.
  const texts = Object.entries(headers ?? {}).map(([key, value]) => ({ key, value: latin1(value) }))
  const raw = (headerMap?.headers ?? []).map(({ key = '', value = '', rawValue }) => ({
    key,
    value: latin1(rawValue ?? value),
  }))
  return [...texts, ...raw]
    .filter(({ key }) => !key.startsWith(':'))
    .map(({ key, value }): [string, string] => [key.toLowerCase(), value])
}

function lastForwardedFor(headers: CheckedRequest['headers']): string | undefined {
  const [, list] = headers.findLast(([name]) => name === 'x-forwarded-for') ?? []
  return list?.split(',').at(-1)?.trim()
}

const latin1 = (base64: string) => Buffer.from(base64, 'base64').toString('latin1')

import { parseResponse, rawRequest } from '../proxy/raw-request.js'
import type { Stack } from './stack.js'

/** An answer as it came over the wire; of headers that come twice, the last. */
export interface Reply {
  readonly status: number
  readonly headers: ReadonlyMap<string, string>
  readonly body: string
}

/** Sends exactly this request to the process, from an address of the loopback. */
export async function send(
  stack: Pick<Stack, 'publicUrl' | 'valetkey'>,
  target: string,
  lines: readonly string[] = [],
  { method = 'GET', from = '127.0.0.1', host = '' } = {},
): Promise<Reply> {
  const { port } = new URL(stack.valetkey.url)
  const head = [
    `${method} ${target} HTTP/1.1`,
    `Host: ${host || new URL(stack.publicUrl).host}`,
    ...lines,
    'Connection: close',
  ]
  const text = await rawRequest(Number(port), `${head.join('\r\n')}\r\n\r\n`, from)
  const { status, headerLines, body } = parseResponse(text)
  const pairs = headerLines.map((line): [string, string] => {
    const colon = line.indexOf(':')
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
  })
  return { status, headers: new Map(pairs), body }
}

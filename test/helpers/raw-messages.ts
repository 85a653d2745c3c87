/** A response as it came over the wire; texts have one character a byte. */
export interface RawMessage {
  readonly statusLine: string
  readonly headers: readonly Field[]
  /** Whether the body came in chunks; false without a body. */
  readonly isChunked: boolean
  readonly body: string
  readonly trailers: readonly Field[]
}

export type Field = readonly [name: string, value: string]

/**
 * Takes the responses on one connection apart, one for each method that was asked. Throws when something is left over
 * or missing, as after a response whose length was not as announced.
 */
export function parseMessages(bytes: string, methods: readonly string[]): readonly RawMessage[] {
  const messages: RawMessage[] = []
  let at = 0
  for (const method of methods) {
    const { message, end } = parseMessage(bytes, at, method)
    messages.push(message)
    at = end
  }
  if (at !== bytes.length) throw new Error(`left over: ${bytes.slice(at, at + 500)}`)
  return messages
}

function parseMessage(bytes: string, start: number, method: string) {
  const [head, bodyAt] = upTo(bytes, '\r\n\r\n', start)
  const [statusLine = '', ...lines] = head.split('\r\n')
  const headers = lines.map(parseField)
  const valueOf = (name: string) => headers.find(([each]) => each.toLowerCase() === name)?.[1]
  const isChunked = valueOf('transfer-encoding')?.toLowerCase() === 'chunked'
  const status = Number(statusLine.split(' ')[1])
  const common = { statusLine, headers, isChunked: false, trailers: [] }
  if (method === 'HEAD' || status === 204 || status === 304) {
    return { message: { ...common, body: '' }, end: bodyAt }
  }
  if (isChunked) {
    const { body, trailers, end } = parseChunks(bytes, bodyAt)
    return { message: { ...common, isChunked, body, trailers }, end }
  }
  const length = valueOf('content-length')
  const end = length === undefined ? bytes.length : bodyAt + Number(length)
  if (end > bytes.length) throw new Error(`the body of ${statusLine} is cut off`)
  return { message: { ...common, body: bytes.slice(bodyAt, end) }, end }
}

function parseChunks(bytes: string, start: number) {
  let body = ''
  let [line, at] = upTo(bytes, '\r\n', start)
  for (;;) {
    const size = Number.parseInt(line, 16)
    if (Number.isNaN(size)) throw new Error(`no chunk size: ${line.slice(0, 100)}`)
    if (size === 0) break
    body += bytes.slice(at, at + size)
    ;[line, at] = upTo(bytes, '\r\n', at + size + 2)
  }
  const trailers: Field[] = []
  for (;;) {
    ;[line, at] = upTo(bytes, '\r\n', at)
    if (line === '') return { body, trailers, end: at }
    trailers.push(parseField(line))
  }
}

function upTo(bytes: string, mark: string, start: number): [text: string, next: number] {
  const end = bytes.indexOf(mark, start)
  if (end < 0) throw new Error(`cut off: ${JSON.stringify(bytes.slice(start, start + 500))}`)
  return [bytes.slice(start, end), end + mark.length]
}

function parseField(line: string): Field {
  const colon = line.indexOf(':')
  return [line.slice(0, colon), line.slice(colon + 1).trim()]
}

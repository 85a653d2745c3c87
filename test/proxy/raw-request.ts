import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** Opens a plain connection, from an address of the loopback; what arrives can be read from `received()`. */
export const openConnection = async (
  port: number,
  from?: string,
): Promise<{
  socket: Socket
  received: () => string
  until: (text: string) => Promise<string>
}> => {
  const socket = connect({ host: '127.0.0.1', port, localAddress: from, allowHalfOpen: true })
  let received = ''
  socket.setEncoding('latin1')
  socket.on('data', (piece: string) => {
    received += piece
  })
  await once(socket, 'connect')
  // what ends a connection early is for the test to see in what arrived
  socket.on('error', () => undefined)
  return {
    socket,
    received: () => received,
    until: async (text) => {
      while (!received.includes(text)) {
        if (socket.readableEnded || socket.destroyed) throw new Error(`ended with: ${received}`)
        await new Promise<void>((resolve) => {
          for (const event of ['data', 'end', 'close']) socket.once(event, () => resolve())
        })
      }
      return received
    },
  }
}

/** Sends exactly these bytes and resolves with everything that came until the connection closed. */
export const rawRequest = async (port: number, bytes: string, from?: string): Promise<string> => {
  const { socket, received } = await openConnection(port, from)
  socket.write(bytes, 'latin1')
  await new Promise<void>((resolve) => {
    for (const event of ['end', 'close']) socket.once(event, () => resolve())
  })
  socket.destroy()
  return received()
}

export interface RawResponse {
  readonly status: number
  readonly statusLine: string
  readonly headerLines: readonly string[]
  readonly body: string
}

/** Takes a response apart; a chunked body is put together, its trailers are dropped. */
export const parseResponse = (text: string): RawResponse => {
  const end = text.indexOf('\r\n\r\n')
  const [statusLine = '', ...headerLines] = text.slice(0, end).split('\r\n')
  const rest = text.slice(end + 4)
  const chunked = headerLines.some((line) => /^transfer-encoding:\s*chunked$/i.test(line))
  return {
    status: Number(statusLine.split(' ')[1]),
    statusLine,
    headerLines,
    body: chunked ? unchunk(rest) : rest,
  }
}

const unchunk = (text: string): string => {
  let body = ''
  let at = 0
  for (;;) {
    const lineEnd = text.indexOf('\r\n', at)
    const size = Number.parseInt(text.slice(at, lineEnd), 16)
    if (!(size > 0)) return body
    body += text.slice(lineEnd + 2, lineEnd + 2 + size)
    at = lineEnd + 2 + size + 2
  }
}

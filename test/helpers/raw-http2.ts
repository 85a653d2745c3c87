import { once } from 'node:events'
import { connect } from 'node:net'

/** A connection of HTTP/2 made of bytes, which sends what a client of node refuses to. */
export interface RawHttp2 {
  /** Sends a GET with these fields behind the pseudo-header fields, and gives `answered`, or `reset` with the code. */
  ask(fields: readonly (readonly [name: string, value: string])[], path?: string): Promise<string>
  /** Ends the connection without a word, as when a process dies. */
  leave(): void
}

const headersFrame = 1
const resetFrame = 3
const goawayFrame = 7

const frame = (type: number, flags: number, stream: number, payload: Buffer): Buffer => {
  const head = Buffer.alloc(9)
  head.writeUIntBE(payload.length, 0, 3)
  head.writeUInt8(type, 3)
  head.writeUInt8(flags, 4)
  head.writeUInt32BE(stream, 5)
  return Buffer.concat([head, payload])
}

/** A field as a literal without indexing and without Huffman (RFC 7541 §6.2.2); up to 126 octets each. */
const literal = (name: string, value: string): Buffer =>
  Buffer.concat([
    Buffer.of(0, name.length),
    Buffer.from(name, 'latin1'),
    Buffer.of(value.length),
    Buffer.from(value, 'latin1'),
  ])

export async function openRawHttp2(
  t: { teardown: (close: () => void) => void },
  port: number,
): Promise<RawHttp2> {
  const socket = connect(port, '127.0.0.1')
  t.teardown(() => socket.destroy())
  await once(socket, 'connect')
  socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
  socket.write(frame(4, 0, 0, Buffer.alloc(0)))

  const waiting = new Map<number, (outcome: string) => void>()
  let received: Buffer = Buffer.alloc(0)
  socket.on('data', (piece: Buffer) => {
    received = Buffer.concat([received, piece])
    for (;;) {
      const length = received.length < 9 ? Infinity : received.readUIntBE(0, 3)
      if (received.length < 9 + length) return
      const [type = 0, stream] = [received[3], received.readUInt32BE(5)]
      const payload = received.subarray(9, 9 + length)
      received = received.subarray(9 + length)
      if (type === resetFrame) waiting.get(stream)?.(`reset ${payload.readUInt32BE(0)}`)
      if (type === goawayFrame) for (const tell of waiting.values()) tell('goaway')
      if (type === headersFrame) waiting.get(stream)?.('answered')
    }
  })
  let next = 1
  return {
    ask(fields, path = '/') {
      const stream = next
      next += 2
      const usual = [
        [':method', 'GET'],
        [':path', path],
        [':scheme', 'http'],
        [':authority', 'app.example'],
      ] as const
      const block = [...usual, ...fields].map(([name, value]) => literal(name, value))
      return new Promise((resolve) => {
        waiting.set(stream, resolve)
        socket.write(frame(headersFrame, 5, stream, Buffer.concat(block)))
      })
    },
    leave: () => void socket.end(),
  }
}

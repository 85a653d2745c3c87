import { Buffer } from 'node:buffer'
import type { Socket } from 'node:net'
import type { ClientOptions, WebSocket } from 'ws'

/** What the two ends of a WebSocket do. An end that does nothing sends messages back. Both close in the end. */
export interface WebSocketCase {
  readonly title: string
  readonly client: Partial<End> & {
    readonly options?: ClientOptions
    readonly protocols?: string[]
  }
  readonly server?: Partial<End>
}

interface End {
  /** Drives the end as soon as the WebSocket is open. */
  readonly drive: (webSocket: WebSocket) => void
  /** Stands for the end on the bare connection, behind the handshake. */
  readonly driveRaw: (socket: Socket) => void
}

const sendAll = (...messages: readonly (string | Buffer)[]) => ({
  drive(webSocket: WebSocket) {
    for (const message of messages) webSocket.send(message)
    webSocket.close(1000, 'done')
  },
})

const megabyte = Buffer.alloc(1024 * 1024, 'valetkey ')
const sizes = [0, 1, 125, 126, 127, 65_535, 65_536, megabyte.length]

/** A message in pieces, with a ping between any two. */
function sendInPieces(webSocket: WebSocket, message: Buffer, pieceLength: number): void {
  for (let at = 0; at < message.length; at += pieceLength) {
    const fin = at + pieceLength >= message.length
    webSocket.send(message.subarray(at, at + pieceLength), { fin, binary: true })
    if (!fin) webSocket.ping(`at ${at}`)
  }
}

const opcodes = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 }

interface FrameOptions {
  readonly fin?: boolean
  readonly reserved?: number
  readonly isMasked?: boolean
  readonly length?: number
}

/** One frame, right or wrong (RFC 6455 §5.2). Its payload has less than 126 bytes. */
function frame(opcode: number, payload: Buffer, options: FrameOptions = {}): Buffer {
  const { fin = true, reserved = 0, isMasked = true, length = payload.length } = options
  const mask = Buffer.from([1, 2, 3, 4])
  const head = Buffer.of(
    (fin ? 0x80 : 0) | (reserved << 4) | opcode,
    (isMasked ? 0x80 : 0) | length,
  )
  if (!isMasked) return Buffer.concat([head, payload])
  const masked = payload.map((byte, at) => byte ^ (mask[at % 4] ?? 0))
  return Buffer.concat([head, mask, masked])
}

const bytes = (text: string) => Buffer.from(text, 'latin1')
const closing = (code: number, reason = '') =>
  Buffer.concat([Buffer.of(code >> 8, code & 0xff), Buffer.from(reason)])
const goodbye = (options?: FrameOptions) => frame(opcodes.close, closing(1000), options)

/** Frames that break the rules, or stretch them. */
const strange = (options: FrameOptions): Record<string, Buffer> => ({
  'invalid UTF-8': frame(opcodes.text, bytes('\xce\xba\xe1\xbd\xb9\xed\xa0\x80'), options),
  'UTF-8 that is cut off': frame(opcodes.text, bytes('\xf0\x9f\x98'), options),
  'UTF-8 that a fragment cuts': Buffer.concat([
    frame(opcodes.text, bytes('\xf0\x9f'), { ...options, fin: false }),
    frame(opcodes.continuation, bytes('\x98\x80'), options),
  ]),
  'a reserved opcode': frame(3, bytes('x'), options),
  'a reserved control opcode': frame(0xb, bytes('x'), options),
  'a reserved bit': frame(opcodes.text, bytes('x'), { ...options, reserved: 2 }),
  'a compression that was not negotiated': frame(opcodes.text, bytes('x'), {
    ...options,
    reserved: 4,
  }),
  'a continuation of nothing': frame(opcodes.continuation, bytes('x'), options),
  'a message within a message': Buffer.concat([
    frame(opcodes.text, bytes('a'), { ...options, fin: false }),
    frame(opcodes.text, bytes('b'), options),
  ]),
  'control frames within a message': Buffer.concat([
    frame(opcodes.text, bytes('a'), { ...options, fin: false }),
    frame(opcodes.ping, bytes('p'), options),
    frame(opcodes.continuation, bytes(''), { ...options, fin: false }),
    frame(opcodes.pong, bytes('q'), options),
    frame(opcodes.continuation, bytes('b'), options),
  ]),
  'a ping in fragments': frame(opcodes.ping, bytes('x'), { ...options, fin: false }),
  'a ping that is too long': frame(opcodes.ping, bytes('\x00\x7ex'), { ...options, length: 126 }),
  'a ping of 125 bytes': frame(opcodes.ping, Buffer.alloc(125, 'p'), options),
  'a pong that nobody asked for': frame(opcodes.pong, bytes('x'), options),
  'a length that no number holds': frame(opcodes.binary, Buffer.alloc(8, 0xff), {
    ...options,
    length: 127,
  }),
  'a close without a code': frame(opcodes.close, bytes(''), options),
  'a close with half a code': frame(opcodes.close, bytes('\x03'), options),
  'a close with a code that none may send': frame(opcodes.close, closing(1005), options),
  'a close with a code beyond all': frame(opcodes.close, closing(5000), options),
  'a close with a reason that is no UTF-8': frame(
    opcodes.close,
    Buffer.concat([closing(1000), bytes('\xff')]),
    options,
  ),
  'a message behind the close': Buffer.concat([
    goodbye(options),
    frame(opcodes.text, bytes('late'), options),
  ]),
  'a wrong mask': frame(opcodes.text, bytes('x'), {
    ...options,
    isMasked: options.isMasked === false,
  }),
})

const strangeCases = Object.entries(strange({})).map(([title, frames]): WebSocketCase => ({
  title: `from the client: ${title}`,
  client: { driveRaw: (socket) => socket.write(Buffer.concat([frames, goodbye()])) },
}))

const unmasked = { isMasked: false }
const strangeAnswers = Object.entries(strange(unmasked)).map(([title, frames]): WebSocketCase => ({
  title: `from the server: ${title}`,
  client: { options: { perMessageDeflate: false } },
  server: { driveRaw: (socket) => socket.end(Buffer.concat([frames, goodbye(unmasked)])) },
}))

/** Each byte when the one before has left. */
function writeBytes(socket: Socket, all: Buffer, at = 0): void {
  if (at < all.length) {
    socket.write(all.subarray(at, at + 1), () => setImmediate(writeBytes, socket, all, at + 1))
  }
}

const closes = [1000, 1001, 1003, 1007, 1008, 1009, 1011, 3000, 3999, 4000, 4999]

export const webSocketCases: readonly WebSocketCase[] = [
  { title: 'texts', client: sendAll('', 'hello', 'κόσμε \u{1f600}', 'x'.repeat(70_000)) },
  { title: 'binary', client: sendAll(...sizes.map((size) => megabyte.subarray(0, size))) },
  {
    title: 'compressed',
    client: {
      options: { perMessageDeflate: { threshold: 0, clientMaxWindowBits: 10 } },
      ...sendAll('again and again and again', 'again and again', megabyte, ''),
    },
  },
  {
    title: 'compressed without context',
    client: {
      options: {
        perMessageDeflate: { clientNoContextTakeover: true, serverNoContextTakeover: true },
      },
      ...sendAll(megabyte, 'x'.repeat(5000)),
    },
  },
  {
    title: 'a megabyte in fragments with pings between',
    client: {
      options: { perMessageDeflate: false },
      drive(webSocket) {
        sendInPieces(webSocket, megabyte, 16 * 1024)
        webSocket.close(1000)
      },
    },
  },
  {
    title: 'fragments from the server',
    client: { options: { perMessageDeflate: false } },
    server: {
      drive(webSocket) {
        sendInPieces(webSocket, megabyte, 100 * 1024)
        webSocket.close(4000, 'all of it')
      },
    },
  },
  { title: 'the second subprotocol', client: { protocols: ['other', 'chosen'], ...sendAll('x') } },
  { title: 'no subprotocol that suits', client: { protocols: ['a', 'b'], ...sendAll('x') } },
  {
    title: 'the client is gone',
    client: { drive: (webSocket) => webSocket.send('x', () => webSocket.terminate()) },
    server: { drive: () => undefined },
  },
  {
    title: 'the server is gone',
    client: { drive: () => undefined },
    server: { drive: (webSocket) => webSocket.send('x', () => webSocket.terminate()) },
  },
  ...closes.flatMap((code): WebSocketCase[] => {
    const end = { drive: (webSocket: WebSocket) => webSocket.close(code, `because of ${code}`) }
    const other = { drive: () => undefined }
    return [
      { title: `the client closes with ${code}`, client: end, server: other },
      { title: `the server closes with ${code}`, client: other, server: end },
    ]
  }),
  {
    title: 'a close without a code from both',
    client: { drive: (webSocket) => webSocket.close() },
    server: { drive: (webSocket) => webSocket.close() },
  },
  {
    title: 'byte by byte',
    client: {
      driveRaw: (socket) =>
        writeBytes(
          socket,
          Buffer.concat([
            frame(opcodes.text, bytes('sl'), { fin: false }),
            frame(opcodes.ping, bytes('?')),
            frame(opcodes.continuation, bytes('ow')),
            goodbye(),
          ]),
        ),
    },
  },
  ...strangeCases,
  ...strangeAnswers,
]

import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import { connect, type Socket } from 'node:net'
import t from 'tap'
import { WebSocket, WebSocketServer } from 'ws'
import { startAppInProcess } from '../helpers/app-in-process.js'
import { type WebSocketCase, webSocketCases } from './websocket-cases.js'

t.setTimeout(120_000)

/** What an end sees of a WebSocket, in order; `over` resolves when it is closed. */
interface Sight {
  readonly seen: string[]
  readonly over: Promise<unknown>
}

const describe = (data: Buffer) =>
  data.length < 200 ? data.toString('hex') : createHash('sha256').update(data).digest('hex')

function watchWebSocket(webSocket: WebSocket): Sight {
  const seen: string[] = []
  webSocket.on('message', (data, isBinary) => {
    if (Buffer.isBuffer(data)) {
      seen.push(`${isBinary ? 'binary' : 'text'} ${data.length} ${describe(data)}`)
    }
  })
  webSocket.on('ping', (data) => seen.push(`ping ${describe(data)}`))
  webSocket.on('pong', (data) => seen.push(`pong ${describe(data)}`))
  webSocket.on('error', ({ message }) => seen.push(`error ${message}`))
  webSocket.on('close', (code, reason) => seen.push(`close ${code} ${describe(reason)}`))
  return { seen, over: new Promise((resolve) => webSocket.once('close', resolve)) }
}

function watchSocket(socket: Socket, head: Buffer): Sight {
  const pieces = [head]
  const seen: string[] = []
  socket.on('data', (piece: Buffer) => pieces.push(piece))
  socket.on('error', () => undefined)
  // A peer that has closed may reset the connection, or not.
  socket.on('end', () => socket.end())
  const over = once(socket, 'close').then(() => seen.push(describe(Buffer.concat(pieces))))
  return { seen, over }
}

/** The case that the application acts upon, and who is told what it sees. */
let current: WebSocketCase
let serverSees: (sight: Sight) => void

const webSockets = new WebSocketServer({
  noServer: true,
  perMessageDeflate: { threshold: 0 },
  handleProtocols: (offered) => (offered.has('chosen') ? 'chosen' : false),
})
const application = createServer()
application.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
  const { server } = current
  if (server?.driveRaw) {
    const accept = createHash('sha1')
      .update(`${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
      .digest('base64')
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    )
    // What a client still says while it is told off depends on when it hears of it.
    socket.on('error', () => undefined).resume()
    serverSees({ seen: [], over: once(socket, 'close') })
    server.driveRaw(socket)
    return
  }
  webSockets.handleUpgrade(request, socket, head, (webSocket) => {
    serverSees(watchWebSocket(webSocket))
    if (server?.drive) server.drive(webSocket)
    else webSocket.on('message', (data, binary) => webSocket.send(data, { binary }))
  })
})
application.listen(0, '127.0.0.1')
await once(application, 'listening')
t.teardown(() => application.close())
const address = application.address()
const applicationPort = typeof address === 'object' ? (address?.port ?? 0) : 0

const valetkey = await startAppInProcess(t, {
  publicUrl: 'https://app.example.com',
  routes: [
    { match: { path: '/' }, auth: 'public', upstream: `http://127.0.0.1:${applicationPort}` },
  ],
})

/** Runs a case and gives what both ends saw of it. */
async function run(port: number, each: WebSocketCase) {
  current = each
  const accepted = new Promise<Sight>((resolve) => {
    serverSees = resolve
  })
  const client = each.client.driveRaw
    ? await runRawClient(port, each.client.driveRaw)
    : runClient(port, each.client)
  const server = await accepted
  await Promise.all([client.over, server.over])
  return { client: client.seen, server: server.seen }
}

function runClient(port: number, { protocols, options, drive }: WebSocketCase['client']): Sight {
  const webSocket = new WebSocket(`ws://127.0.0.1:${port}/`, protocols ?? [], options)
  const sight = watchWebSocket(webSocket)
  webSocket.on('upgrade', ({ headers }) => {
    sight.seen.push(`agreed on ${headers['sec-websocket-extensions']}`)
  })
  webSocket.on('open', () => {
    sight.seen.push(`open ${webSocket.protocol} ${webSocket.extensions}`)
    if (drive) drive(webSocket)
    else webSocket.on('message', (data, binary) => webSocket.send(data, { binary }))
  })
  return sight
}

async function runRawClient(port: number, driveRaw: (socket: Socket) => void): Promise<Sight> {
  const socket = connect({ host: '127.0.0.1', port })
  socket.write(
    `GET / HTTP/1.1\r\nHost: app.example.com\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`,
  )
  let head = Buffer.alloc(0)
  while (!head.includes('\r\n\r\n')) {
    const [piece] = await once(socket, 'data')
    head = Buffer.concat([head, piece])
  }
  const sight = watchSocket(socket, head.subarray(head.indexOf('\r\n\r\n') + 4))
  driveRaw(socket)
  return sight
}

for (const each of webSocketCases) {
  t.test(`HOP-5 a WebSocket is the same through Valetkey: ${each.title}`, async (t) => {
    const straight = await run(applicationPort, each)
    t.same(await run(valetkey.port, each), straight)
    t.ok(straight.client.length > 0)
  })
}

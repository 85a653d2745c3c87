import { EventEmitter, once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import { connect, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import fastify from 'fastify'
import t, { type Test } from 'tap'
import { drainServer } from '../../src/app/drain-server.js'

async function start(t: Test) {
  const arrived = new EventEmitter()
  const server = createServer((_request, response) => arrived.emit('request', response))
  t.teardown(() => server.close())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no address')
  function open(): Socket {
    const socket = connect(Number(Object(address).port), '127.0.0.1')
    t.teardown(() => socket.destroy())
    return socket
  }
  async function request(socket: Socket): Promise<ServerResponse> {
    const reached = once(arrived, 'request')
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    const [response] = await reached
    return response
  }
  return { server, open, request }
}

t.test(
  'a request that comes over an open connection is served, and told to come anew',
  async (t) => {
    const { server, open, request } = await start(t)
    const [busy, other] = [open(), open()]
    const first = await request(busy)
    const second = await request(other)
    const drained = drainServer(server)
    let text = ''
    busy.on('data', (piece) => (text += String(piece)))
    // The second request is on its way over the same connection before the first is answered.
    busy.write('GET /again HTTP/1.1\r\nHost: x\r\n\r\n')
    server.once('request', (_request, response: ServerResponse) => response.end('second'))
    first.end('first')
    await once(busy, 'close')
    t.match(text, /first[^]*[Cc]onnection: close[^]*second$/)
    second.end('other')
    await drained
  },
)

t.test('no field of an answer gets lost meanwhile', async (t) => {
  const { server, open, request } = await start(t)
  const busy = open()
  const first = await request(busy)
  const drained = drainServer(server)
  let text = ''
  busy.on('data', (piece) => (text += String(piece)))
  busy.write('GET /again HTTP/1.1\r\nHost: x\r\n\r\n')
  server.once('request', (_request, response: ServerResponse) => {
    response.writeHead(200, ['Set-Cookie', 'a=1', 'Set-Cookie', 'b=2']).end()
  })
  first.end()
  await once(busy, 'close')
  t.match(text, /Set-Cookie: a=1\r\nSet-Cookie: b=2\r\n/)
  await drained
})

t.test('resolves when the last request is answered', async (t) => {
  const { server, open, request } = await start(t)
  const response = await request(open())
  let drained = false
  const draining = drainServer(server).then(() => (drained = true))
  await new Promise((resolve) => setImmediate(resolve))
  t.equal(drained, false)
  response.end()
  await draining
  t.equal(server.listening, false)
})

t.test('drains beside the close of fastify, whose hooks let go of WebSockets', async (t) => {
  const app = fastify({ return503OnClosing: false })
  t.teardown(() => app.close())
  const upgraded = new Set<Duplex>()
  app.server.on('upgrade', (_request, socket) => {
    upgraded.add(socket)
    socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n')
  })
  app.addHook('preClose', async () => {
    for (const socket of upgraded) socket.destroy()
  })
  const url = new URL(await app.listen({ host: '127.0.0.1', port: 0 }))
  const client = connect(Number(url.port), '127.0.0.1')
  t.teardown(() => client.destroy())
  client.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n')
  await once(client, 'data')
  await Promise.all([drainServer(app.server), app.close()])
  t.equal(app.server.listening, false)
})

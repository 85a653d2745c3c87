import t from 'tap'
import { startUpstream } from '../helpers/upstream.js'
import { agreement, handshake } from './handshake.js'
import { openConnection, parseResponse, rawRequest } from './raw-request.js'
import { startRawServer } from './raw-server.js'
import { startProxy } from './start-proxy.js'

t.test('HOP-5 a refusal is an ordinary answer', async (t) => {
  const upstream = await startUpstream()
  t.teardown(() => upstream.close())
  for (const status of [401, 403, 503]) {
    const proxy = await startProxy(t, upstream.url, { refuse: () => status })
    const { socket, received } = await openConnection(proxy.port)
    socket.write(`${handshake}\r\n`)
    await new Promise((resolve) => socket.once('close', resolve).once('end', () => socket.end()))
    const response = parseResponse(received())
    t.equal(response.status, status)
    t.equal(response.body, '{"refused":true}')
    t.ok(response.headerLines.includes('Connection: close'))
  }
  t.equal(upstream.requests.length, 0)
})

t.test('HOP-5 passes on what the upstream answers instead of agreeing', async (t) => {
  const server = await startRawServer(t, (socket) =>
    socket.end(
      'HTTP/1.1 426 Upgrade Required\r\nSec-WebSocket-Version: 8\r\nContent-Length: 3\r\n\r\nno!',
    ),
  )
  const proxy = await startProxy(t, server.url)
  const { socket, until } = await openConnection(proxy.port)
  socket.write(`${handshake}\r\n`)
  const response = parseResponse(await until('no!'))
  t.equal(response.status, 426)
  t.ok(response.headerLines.includes('Sec-WebSocket-Version: 8'))
  socket.destroy()
})

t.test('HOP-5 an event stream instead of an agreement can be closed like any', async (t) => {
  const server = await startRawServer(t, (socket) =>
    socket.write(
      'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n9\r\ndata: 1\n\n\r\n',
    ),
  )
  const proxy = await startProxy(t, server.url)
  const { socket, until } = await openConnection(proxy.port)
  socket.write(`${handshake}\r\n`)
  await until('data: 1')
  proxy.live[0]?.close('sessionEnded')
  await until('0\r\n\r\n')
  socket.destroy()
  await proxy.live[0]?.closed
})

t.test('HOP-5 an upstream that agrees to another handshake is not believed', async (t) => {
  const wrong = {
    'no accept': 'HTTP/1.1 101 OK\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n',
    'other key': `${agreement.replace('s3p', 'S3P')}\r\n`,
    'other protocol': `${agreement.replace('websocket', 'h2c')}\r\n`,
  }
  for (const [name, answer] of Object.entries(wrong)) {
    const server = await startRawServer(t, (socket) => socket.write(answer))
    const proxy = await startProxy(t, server.url)
    const { socket, until } = await openConnection(proxy.port)
    socket.write(`${handshake}\r\n`)
    const reply = await until('ERR_UPSTREAM_MALFORMED')
    t.match(reply, /^HTTP\/1.1 502 /, name)
    socket.destroy()
  }
})

t.test('an upstream that fails the handshake is answered for', async (t) => {
  const closed = await startUpstream()
  await closed.close()
  const silent = await startRawServer(t, () => undefined)
  const reset = await startRawServer(t, (socket) => socket.resetAndDestroy())
  const malformed = await startRawServer(t, (socket) => socket.end('nonsense\r\n\r\n'))
  for (const [url, status, code] of [
    [closed.url, 502, 'ERR_UPSTREAM_REFUSED'],
    [silent.url, 504, 'ERR_UPSTREAM_TIMEOUT'],
    [reset.url, 502, 'ERR_UPSTREAM_RESET'],
    [malformed.url, 502, 'ERR_UPSTREAM_MALFORMED'],
  ] as const) {
    const proxy = await startProxy(t, url, { timeouts: { responseMs: 1000 } })
    const { socket, until } = await openConnection(proxy.port)
    socket.write(`${handshake}\r\n`)
    t.match(await until(code), new RegExp(`^HTTP/1.1 ${status} `), code)
    socket.destroy()
  }
})

const endless = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n'

t.test('a refusal that does not go on is broken off', async (t) => {
  const server = await startRawServer(t, (socket) => socket.write(endless))
  const proxy = await startProxy(t, server.url, { timeouts: { idleMs: 200 } })
  const received = await rawRequest(proxy.port, `${handshake}\r\n`)
  t.match(received, /\r\n1\r\nx\r\n$/, 'and does not look whole')
})

t.test('a client that goes while it is refused leaves nothing behind', async (t) => {
  let onLeft: (() => void) | undefined
  const left = new Promise<void>((resolve) => (onLeft = resolve))
  const server = await startRawServer(t, (socket) => {
    socket.once('close', () => onLeft?.())
    socket.write(endless)
  })
  const proxy = await startProxy(t, server.url)
  const { socket, until } = await openConnection(proxy.port)
  socket.write(`${handshake}\r\n`)
  await until('\r\nx\r\n')
  socket.end()
  await left
})

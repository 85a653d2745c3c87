import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { WebSocket, type ClientOptions } from 'ws'
import { startUpstream } from '../helpers/upstream.js'
import { agreement, handshake } from './handshake.js'
import { openConnection, rawRequest } from './raw-request.js'
import { startRawServer } from './raw-server.js'
import { certificate, privateKey } from './self-signed.js'
import { startProxyProcess } from './start-proxy-process.js'
import { startProxy, type Proxy } from './start-proxy.js'

const open = async (
  proxy: Proxy,
  path = '/',
  protocols: string[] = [],
  options: ClientOptions = {},
): Promise<WebSocket> => {
  const socket = new WebSocket(`ws://127.0.0.1:${proxy.port}${path}`, protocols, options)
  await once(socket, 'open')
  return socket
}

const message = async (socket: WebSocket): Promise<string> =>
  String((await once(socket, 'message'))[0])

/** A text frame as a server sends it. */
const text = (words: string): Buffer =>
  Buffer.concat([Buffer.of(0x81, words.length), Buffer.from(words)])

t.test('HOP-5 passes a WebSocket through', async (t) => {
  const upstream = await startUpstream()
  t.teardown(() => upstream.close())
  const proxy = await startProxy(t, upstream.url)
  const socket = await open(proxy)
  socket.send('hello')
  t.equal(await message(socket), 'hello')
  const large = Buffer.alloc(1024 * 1024, 7)
  socket.send(large)
  const [data] = await once(socket, 'message')
  t.ok(large.equals(data))
  socket.ping()
  await once(socket, 'pong')
  socket.close(4001, 'done')
  const [code, reason] = await once(socket, 'close')
  t.equal(code, 4001)
  t.equal(String(reason), 'done')
})

t.test('B.2-13 passes the handshake on as it came, with what is added', async (t) => {
  const upstream = await startUpstream()
  t.teardown(() => upstream.close())
  const proxy = await startProxy(t, upstream.url, {
    plan: { addHeaders: ['X-Forwarded-User', 'alice'] },
  })
  const socket = new WebSocket(`ws://127.0.0.1:${proxy.port}/a//b?greet`, ['two', 'one'], {
    origin: 'https://app.example.com',
    headers: {
      Cookie: '__Host-valetkey=ticket; own=1',
      'X-Forwarded-User': 'mallory',
      Authorization: 'Basic x',
    },
  })
  const seen = JSON.parse(await message(socket))
  t.equal(seen.url, '/a//b?greet')
  t.match(seen.headers, {
    origin: 'https://app.example.com',
    cookie: 'own=1',
    'x-forwarded-user': 'alice',
    'sec-websocket-protocol': 'two,one',
    'sec-websocket-extensions': /permessage-deflate/,
  })
  t.equal(seen.headers.authorization, undefined)
  t.equal(socket.protocol, 'two')
  socket.close()
  await once(socket, 'close')
})

t.test('B.2-1 verifies the certificate of the upstream of a WebSocket too', async (t) => {
  const upstream = await startUpstream(undefined, { cert: certificate, key: privateKey })
  t.teardown(() => upstream.close())
  const name = upstream.url.replace('127.0.0.1', 'localhost')
  const file = join(t.testdir(), 'ca.pem')
  await writeFile(file, certificate)

  const unknown = await startProxy(t, name)
  const known = await startProxyProcess(t, name, { NODE_EXTRA_CA_CERTS: file })
  const byAddress = await startProxyProcess(t, upstream.url, { NODE_EXTRA_CA_CERTS: file })
  for (const [port, status] of [
    [unknown.port, 502],
    [known.port, 101],
    [byAddress.port, 502],
  ]) {
    const { socket, until } = await openConnection(port ?? 0)
    // the name that the client gives must not be the one that is verified
    const host = status === 101 ? 'elsewhere.example' : 'localhost'
    socket.write(`${handshake.replace('Host: a', `Host: ${host}`)}\r\n`)
    t.match(await until('\r\n\r\n'), new RegExp(`^HTTP/1.1 ${status} `))
    socket.destroy()
  }
  t.equal(unknown.errors[0]?.code, 'ERR_UPSTREAM_TLS')
})

t.test('bytes that come along with either head are not lost', async (t) => {
  const server = await startRawServer(t, (socket, head) => {
    socket.write(`${agreement}\r\nfrom upstream`)
    socket.write(head.slice(head.indexOf('\r\n\r\n') + 4))
    socket.pipe(socket)
  })
  const proxy = await startProxy(t, server.url)
  const { socket, until } = await openConnection(proxy.port)
  socket.write(`${handshake}\r\nfrom client`)
  const received = await until('from client')
  t.match(received, /^HTTP\/1.1 101 /)
  t.match(received, 'from upstream')
  socket.destroy()
})

t.test('a half-closed connection stays open the other way', async (t) => {
  const server = await startRawServer(t, (socket) => {
    socket.write(`${agreement}\r\n`)
    socket.on('data', (piece) => socket.end(`got ${piece.toString('latin1')}`))
  })
  const proxy = await startProxy(t, server.url)
  const { socket, until } = await openConnection(proxy.port)
  socket.write(`${handshake}\r\n`)
  await until('\r\n\r\n')
  socket.end('last words')
  t.match(await until('got last words'), /^HTTP\/1.1 101 /)
  await proxy.live[0]?.closed
})

t.test('when one side breaks, so does the other', async (t) => {
  const upstream = await startUpstream()
  t.teardown(() => upstream.close())
  const proxy = await startProxy(t, upstream.url)

  const cutByUpstream = await open(proxy)
  upstream.resetConnections()
  const [code] = await once(cutByUpstream, 'close')
  t.equal(code, 1006)

  const cutByClient = await open(proxy)
  cutByClient.terminate()
  await upstream.connectionsClosed()
  t.equal(upstream.openConnections, 0)
  await Promise.all(proxy.live.map(({ closed }) => closed))
})

t.test(
  'hands out a WebSocket so that it can be closed, with the cause as close code',
  async (t) => {
    const upstream = await startUpstream()
    t.teardown(() => upstream.close())
    const proxy = await startProxy(t, upstream.url)
    for (const [cause, expected] of [
      ['sessionEnded', 1008],
      ['sessionUnknown', 1013],
      ['shuttingDown', 1001],
    ] as const) {
      const socket = await open(proxy)
      const closed = once(socket, 'close')
      const upstreamClosed = upstream.connectionsClosed()
      proxy.live.at(-1)?.close(cause)
      socket.send('too late')
      t.strictSame((await closed)[0], expected)
      await proxy.live.at(-1)?.closed
      await upstreamClosed
    }
    t.equal(proxy.live.length, 3)
  },
)

t.test('what closes a WebSocket waits for the end of a frame', async (t) => {
  const sockets: Socket[] = []
  const server = await startRawServer(t, (socket) => {
    sockets.push(socket)
    // a whole frame, then two of five bytes of the next
    socket.write(
      Buffer.concat([Buffer.from(`${agreement}\r\n`), text('one'), text('two').subarray(0, 3)]),
    )
  })
  const proxy = await startProxy(t, server.url)
  const { socket, until } = await openConnection(proxy.port)
  socket.write(`${handshake}\r\n`)
  await until('\x81\x03t')
  proxy.live[0]?.close('sessionEnded')
  sockets[0]?.write(Buffer.concat([text('two').subarray(3), text('secret')]))
  const received = await until('the session ended')
  t.match(received, '\x81\x03one\x81\x03two\x88\x13\x03\xf0the session ended')
  t.notMatch(received, 'secret')
  socket.end()
  await proxy.live[0]?.closed
})

t.test('a frame that does not end and a client that does not read are broken off', async (t) => {
  const server = await startRawServer(t, (socket, head) => {
    const frame = head.startsWith('GET /endless')
      ? Buffer.of(0x82, 0x7f, 0, 0, 0, 1, 0, 0, 0, 0)
      : text('x')
    socket.write(Buffer.concat([Buffer.from(`${agreement}\r\n`), frame]))
    const fill = (): void => {
      while (socket.writable && socket.write(Buffer.alloc(64 * 1024)));
    }
    socket.on('drain', fill)
    fill()
  })
  const proxy = await startProxy(t, server.url)
  for (const path of ['/endless', '/']) {
    const { socket, until } = await openConnection(proxy.port)
    socket.write(`${handshake.replace('GET /', `GET ${path}`)}\r\n`)
    await until('\r\n\r\n')
    socket.pause()
    proxy.live.at(-1)?.close('sessionEnded')
    await proxy.live.at(-1)?.closed
    socket.destroy()
  }
  t.equal(proxy.live.length, 2)
})

t.test('closes all WebSockets when it closes, as going away', async (t) => {
  const upstream = await startUpstream()
  t.teardown(() => upstream.close())
  const proxy = await startProxy(t, upstream.url)
  const socket = await open(proxy)
  const closed = once(socket, 'close')
  await proxy.close()
  t.equal((await closed)[0], 1001)
})

t.test('a client that goes before the upstream has agreed leaves nothing behind', async (t) => {
  const sockets: Socket[] = []
  const server = await startRawServer(t, (socket) => {
    sockets.push(socket)
    client.destroy()
  })
  const proxy = await startProxy(t, server.url)
  const { socket: client } = await openConnection(proxy.port)
  client.write(`${handshake}\r\n`)
  while (sockets[0]?.closed !== true) await once(sockets[0] ?? client, 'close')
  t.equal(proxy.errors.length, 0)
  t.equal(proxy.live.length, 0)
})

t.test('SMU a handshake that announces a body is no handshake', async (t) => {
  const upstream = await startUpstream()
  t.teardown(() => upstream.close())
  const proxy = await startProxy(t, upstream.url)
  for (const framed of [
    'Content-Length: 5\r\n\r\nhello',
    'Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
  ]) {
    upstream.forget()
    const { socket, until } = await openConnection(proxy.port)
    socket.write(handshake + framed)
    t.match(await until('"bodyLength":5'), /^HTTP\/1.1 200 OK/)
    t.equal(upstream.requests[0]?.headers.upgrade, undefined)
    socket.destroy()
  }
  t.equal(proxy.live.length, 0)
})

t.test('SMU an Upgrade that is not just websocket opens no tunnel', async (t) => {
  const upstream = await startUpstream()
  t.teardown(() => upstream.close())
  const proxy = await startProxy(t, upstream.url)
  const heads = [
    handshake.replace('websocket', 'h2c, websocket'),
    handshake.replace('GET', 'POST'),
    handshake.replace(/Sec-WebSocket-Key.*\r\n/, ''),
  ]
  for (const head of heads) {
    const { socket, until } = await openConnection(proxy.port)
    socket.write(`${head}\r\n`)
    t.match(await until('"bodyLength":0'), /^HTTP\/1.1 200 OK/)
    // what follows is the next request, not frames
    socket.write('GET /next HTTP/1.1\r\nHost: a\r\n\r\n')
    await until('"/next"')
    socket.destroy()
  }
  t.equal(proxy.live.length, 0)
})

/** A refusal that never ends. */
t.test('SMU an upgrade behind a request that waits closes the connection, no more', async (t) => {
  const upstream = await startUpstream()
  t.teardown(() => upstream.close())
  const proxy = await startProxy(t, upstream.url, { timeouts: { responseMs: 500 } })
  // From Node 24.9 on an upgrade that is declined waits for its turn like any request.
  const declined = handshake.replace('websocket', 'h2c').replace('Upgrade\r', 'Upgrade, close\r')
  const others = [handshake, declined]
  for (const head of others) {
    for (const before of ['GET /slow', 'GET /a', 'GET /stream?bytes=100000000']) {
      t.notMatch(
        await rawRequest(proxy.port, `${before} HTTP/1.1\r\nHost: a\r\n\r\n${head}\r\n`),
        / 101 /,
        before,
      )
    }
  }
  await upstream.connectionsClosed()
  t.equal(proxy.live.length, 0)
  const socket = await open(proxy)
  socket.send('hello')
  t.equal(await message(socket), 'hello', 'others go on')
  socket.terminate()
})

import { createHash, randomBytes } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { gzipSync } from 'node:zlib'
import t from 'tap'
import { request } from 'undici'
import { parseEcho, startUpstream } from '../helpers/upstream.js'
import { openConnection, parseResponse, rawRequest } from './raw-request.js'
import { startRawServer } from './raw-server.js'
import { startProxyProcess } from './start-proxy-process.js'
import { startProxy } from './start-proxy.js'

const MB = 1024 * 1024

t.test('BODY-1 streams both ways at once', async (t) => {
  const upstream = await startUpstream((incoming, response) => {
    response.flushHeaders()
    incoming.pipe(response)
  })
  t.teardown(() => upstream.close())
  const proxy = await startProxy(t, upstream.url)
  const { socket, until } = await openConnection(proxy.port)
  t.teardown(async () => void socket.destroy())
  socket.write('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n')
  for (const word of ['one', 'two', 'three']) {
    socket.write(`${word.length.toString(16)}\r\n${word}\r\n`)
    await until(word)
  }
  socket.write('0\r\n\r\n')
  t.match(await until('\r\n0\r\n\r\n'), /^HTTP\/1.1 200 OK/)
})

t.test('BODY-1 passes the headers on before there is a body', async (t) => {
  const upstream = await startUpstream((_incoming, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.flushHeaders()
  })
  t.teardown(() => upstream.close())
  const proxy = await startProxy(t, upstream.url)
  const response = await request(proxy.url)
  t.equal(response.headers['content-type'], 'text/event-stream')
  response.body.on('error', () => undefined).destroy()
})

t.test('BODY-1 a client that goes away cancels the request', async (t) => {
  const upstream = await startUpstream()
  t.teardown(() => upstream.close())
  const proxy = await startProxy(t, upstream.url)
  const heads = {
    'before the answer': 'GET /slow HTTP/1.1\r\nHost: a\r\n\r\n',
    'in the middle of its own body':
      'POST /slow HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhi',
  }
  for (const [when, head] of Object.entries(heads)) {
    const arrived = upstream.nextRequest()
    const { socket } = await openConnection(proxy.port)
    socket.write(head)
    await arrived
    socket.destroy()
    await upstream.connectionsClosed()
    t.equal(upstream.openConnections, 0, when)
  }

  const { socket, until } = await openConnection(proxy.port)
  socket.write(`GET /stream?bytes=${100 * MB} HTTP/1.1\r\nHost: a\r\n\r\n`)
  await until('xxx')
  socket.destroy()
  await upstream.connectionsClosed()
  t.equal(upstream.openConnections, 0, 'in the middle of the answer')
  t.equal(proxy.errors.length, 0, 'and nobody is told of an error')
})

t.test('BODY-1 a body that breaks off never looks whole', async (t) => {
  const framed = {
    length: 'Content-Length: 10\r\n\r\nhello',
    chunks: 'Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n',
  }
  for (const [name, rest] of Object.entries(framed)) {
    for (const ending of ['end', 'reset'] as const) {
      const sockets: Socket[] = []
      const server = await startRawServer(t, (socket) => {
        socket.write(`HTTP/1.1 200 OK\r\n${rest}`)
        sockets.push(socket)
      })
      const proxy = await startProxy(t, server.url)
      const { socket, until, received } = await openConnection(proxy.port)
      let reset = false
      socket.on('error', () => {
        reset = true
      })
      socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
      await until('hello')
      if (ending === 'end') sockets[0]?.end()
      else sockets[0]?.resetAndDestroy()
      if (!socket.closed) await new Promise((resolve) => socket.once('close', resolve))
      t.ok(reset, `${name} ${ending}: reset`)
      t.notMatch(received(), /\r\n0\r\n\r\n$/)
      t.equal(proxy.errors.length, 0, 'no second answer')
    }
  }
})

t.test('BODY-1 an upstream that is silent in the middle of a body is given up', async (t) => {
  const server = await startRawServer(t, (socket) => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello')
  })
  const proxy = await startProxy(t, server.url, { timeouts: { idleMs: 100 } })
  const text = await rawRequest(proxy.port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  t.match(text, /hello$/)
})

t.test('BODY-1 a body under way is not late, however long it takes', async (t) => {
  const upstream = await startUpstream()
  t.teardown(() => upstream.close())
  const proxy = await startProxy(t, upstream.url, { timeouts: { responseMs: 500 } })
  const { socket, until } = await openConnection(proxy.port)
  t.teardown(async () => void socket.destroy())
  const arrived = upstream.nextRequest()
  socket.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nConnection: close\r\n\r\nh')
  await arrived
  // another request runs into the limit meanwhile, which shows that it has passed
  t.match(
    await rawRequest(proxy.port, 'GET /slow HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'),
    /^HTTP\/1.1 504 /,
  )
  socket.write('i')
  t.match(await until('"bodyLength":2'), /^HTTP\/1.1 200 OK/)
})

t.test('BODY-2 BODY-1 100 MB up and down cost next to no memory', async (t) => {
  const upstream = await startUpstream()
  t.teardown(() => upstream.close())
  const proxy = await startProxyProcess(t, upstream.url)
  const url = `http://127.0.0.1:${proxy.port}`
  const piece = randomBytes(MB)
  const upload = async (megabytes: number): Promise<void> => {
    const hash = createHash('sha256')
    const body = Readable.from(
      (function* pieces() {
        for (let i = 0; i < megabytes; i += 1) {
          hash.update(piece)
          yield piece
        }
      })(),
    )
    const response = await request(url, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/octet-stream' },
    })
    const echo = parseEcho(await response.body.text())
    t.equal(echo.bodyLength, megabytes * MB)
    t.equal(echo.bodySha256, hash.digest('hex'))
  }
  const download = async (megabytes: number): Promise<void> => {
    const response = await request(`${url}/stream?bytes=${megabytes * MB}`)
    let length = 0
    for await (const chunk of response.body) {
      if (Buffer.isBuffer(chunk)) length += chunk.length
    }
    t.equal(length, megabytes * MB)
  }

  // V8 lets some 30 MB of garbage pile up before it first collects buffers, whatever the traffic
  await upload(100)
  await download(10)
  const before = await proxy.residentBytes()
  let highest = before
  for (const transfer of [upload, download]) {
    const state = { running: true }
    const transferred = transfer(100).finally(() => {
      state.running = false
    })
    while (state.running) highest = Math.max(highest, await proxy.residentBytes())
    await transferred
  }
  t.ok(highest - before < 40 * MB, `grew by ${Math.round((highest - before) / MB)} MB`)
})

t.test('BODY-1 a reader that stands still holds the upstream back, and is given up', async (t) => {
  let sent = 0
  const upstream = await startUpstream((_incoming, response) => {
    const write = (): void => {
      do sent += 64 * 1024
      while (response.write(Buffer.alloc(64 * 1024)))
    }
    response.on('drain', write)
    write()
  })
  t.teardown(() => upstream.close())
  const proxy = await startProxy(t, upstream.url, { timeouts: { idleMs: 300 } })
  const { socket } = await openConnection(proxy.port)
  t.teardown(async () => void socket.destroy())
  const arrived = upstream.nextRequest()
  socket.pause()
  socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  await arrived
  await upstream.connectionsClosed()
  t.ok(sent < 50 * MB, `${sent} bytes`)
})

t.test('BODY-3 passes each event on by itself', async (t) => {
  const responses: ServerResponse[] = []
  const upstream = await startUpstream((_incoming, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write('data: 1\n\n')
    responses.push(response)
  })
  t.teardown(() => upstream.close())
  const proxy = await startProxy(t, upstream.url)
  const { socket, until } = await openConnection(proxy.port)
  socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  for (const number of [1, 2, 3]) {
    t.match(await until(`data: ${number}\n\n`), /event-stream/)
    responses[0]?.write(`data: ${number + 1}\n\n`)
  }
  socket.destroy()
})

t.test(
  'HOP-10 header bytes beyond ASCII are the same when the body is still to come',
  async (t) => {
    const server = await startRawServer(t, (socket) =>
      socket.write('HTTP/1.1 200 OK\r\nX-Name: Zo\xeb\r\nContent-Length: 5\r\n\r\n', 'latin1'),
    )
    const proxy = await startProxy(t, server.url)
    const { socket, until } = await openConnection(proxy.port)
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    t.match(await until('\r\n\r\n'), /\r\nX-Name: Zo\xeb\r\n/)
    socket.destroy()
  },
)

t.test('BODY-3 leaves compressed bodies alone', async (t) => {
  const packed = gzipSync('hello '.repeat(1000))
  const upstream = await startUpstream((_incoming, response) => {
    response.writeHead(200, { 'content-encoding': 'gzip', etag: '"1"' })
    response.end(packed)
  })
  t.teardown(() => upstream.close())
  const proxy = await startProxy(t, upstream.url)
  const response = await request(proxy.url, { headers: { 'accept-encoding': 'gzip' } })
  t.equal(response.headers['content-encoding'], 'gzip')
  t.ok(packed.equals(await buffer(response.body)))
})

t.test('BODY-4 HEAD, 204 and 304 have no body', async (t) => {
  const upstream = await startUpstream((incoming, response) => {
    const status = Number(incoming.headers['x-status'])
    response.writeHead(status, status === 200 ? { 'content-length': '12' } : { etag: '"1"' })
    response.end()
  })
  t.teardown(() => upstream.close())
  const proxy = await startProxy(t, upstream.url)
  for (const [method, status] of [
    ['HEAD', 200],
    ['GET', 204],
    ['GET', 304],
    ['HEAD', 304],
  ]) {
    const response = parseResponse(
      await rawRequest(
        proxy.port,
        `${method} / HTTP/1.1\r\nHost: a\r\nX-Status: ${status}\r\nConnection: close\r\n\r\n`,
      ),
    )
    t.equal(response.status, status)
    t.equal(response.body, '')
    t.equal(response.headerLines.includes('content-length: 12'), status === 200)
    t.notOk(response.headerLines.some((line) => /^transfer-encoding/i.test(line)))
  }
})

t.test('BODY-4 304 may tell the length that the body would have', async (t) => {
  const upstream = await startUpstream((_incoming, response) => {
    response.writeHead(304, { 'content-length': '12' }).end()
  })
  t.teardown(() => upstream.close())
  const proxy = await startProxy(t, upstream.url)
  const asked = 'GET / HTTP/1.1\r\nHost: a\r\n'
  const text = await rawRequest(proxy.port, `${asked}\r\n${asked}Connection: close\r\n\r\n`)
  t.equal(text.match(/HTTP\/1.1 304/g)?.length, 2, 'and the connection goes on')
  t.equal(text.match(/content-length: 12/g)?.length, 2)
  t.same(proxy.errors, [])
})

t.test('HOP-7 passes trailers on, less those that must not be there', async (t) => {
  const upstream = await startUpstream((_incoming, response) => {
    response.writeHead(200, { Trailer: 'X-Checksum' })
    response.write('hello')
    response.addTrailers([
      ['X-Checksum', 'abc'],
      ['X-Valetkey-Answer', 'ERR_FAKE'],
      ['Set-Cookie', 'a=b'],
    ])
    response.end()
  })
  t.teardown(() => upstream.close())
  const proxy = await startProxy(t, upstream.url)
  const text = await rawRequest(
    proxy.port,
    'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
  )
  t.match(text, /\r\n0\r\nX-Checksum: abc\r\n\r\n$/)
})

t.test(
  'HOP-7 does not announce trailers of a request, which HTTP/1.1 loses on the way up',
  async (t) => {
    const upstream = await startUpstream()
    t.teardown(() => upstream.close())
    const places = { 'http/1.1': upstream.url, 'a WebSocket': { url: upstream.url, http2: true } }
    const body = 'Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nX-Checksum: abc\r\n\r\n'
    const upgrade =
      'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n'
    for (const [name, place] of Object.entries(places)) {
      const proxy = await startProxy(t, place)
      const { socket, until } = await openConnection(proxy.port)
      const arrived = upstream.nextRequest()
      const isPlain = name === 'http/1.1'
      const head = `${isPlain ? 'POST' : 'GET'} / HTTP/1.1\r\nHost: a\r\nTrailer: X-Checksum\r\n`
      socket.write(`${head}${isPlain ? body : upgrade}`)
      t.notOk('trailer' in (await arrived).headers, name)
      t.match(await until('\r\n\r\n'), isPlain ? /^HTTP\/1.1 200 / : /^HTTP\/1.1 101 /)
      socket.destroy()
    }
  },
)

t.test('answers an HTTP/1.0 client without chunks', async (t) => {
  const upstream = await startUpstream((_incoming, response) => {
    response.write('hello')
    response.end(' there')
  })
  t.teardown(() => upstream.close())
  const proxy = await startProxy(t, upstream.url)
  const response = parseResponse(await rawRequest(proxy.port, 'GET / HTTP/1.0\r\n\r\n'))
  t.equal(response.status, 200)
  t.equal(response.body, 'hello there')
})

t.test('an answer that comes before the body has gone up reaches the client', async (t) => {
  const upstream = await startUpstream((_incoming, response) => {
    response.writeHead(413, { connection: 'close' })
    response.end('too large')
  })
  t.teardown(() => upstream.close())
  const proxy = await startProxy(t, upstream.url)
  const { socket, until } = await openConnection(proxy.port)
  socket.write(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhi`)
  const text = await until('too large')
  t.match(text, /^HTTP\/1.1 413 /)
  t.match(text, /connection: close/i)
  socket.destroy()
})

t.test('BODY-5 a body that says it is too long is not forwarded', async (t) => {
  const upstream = await startUpstream()
  t.teardown(() => upstream.close())
  const proxy = await startProxy(t, upstream.url, { maxBodyBytes: 5 })
  const fits = await request(proxy.url, { method: 'POST', body: 'hello' })
  t.equal(fits.statusCode, 200)
  upstream.forget()
  const text = await rawRequest(
    proxy.port,
    'POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 6\r\n\r\n',
  )
  t.match(text, /HTTP\/1.1 413 [^]*connection: close[^]*ERR_REQUEST_TOO_LARGE/i)
  t.equal(upstream.requests.length, 0)
})

t.test('BODY-5 a body that turns out too long is broken off', async (t) => {
  const upstream = await startUpstream()
  t.teardown(() => upstream.close())
  const proxy = await startProxy(t, upstream.url, { maxBodyBytes: 5 })
  const chunked = 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n'
  const fits = await rawRequest(
    proxy.port,
    `${chunked}Connection: close\r\n\r\n5\r\nhello\r\n0\r\n\r\n`,
  )
  t.match(fits, /^HTTP\/1.1 200 /)
  const text = await rawRequest(proxy.port, `${chunked}\r\n3\r\none\r\n3\r\ntwo\r\n`)
  t.match(text, /^HTTP\/1.1 413 [^]*connection: close[^]*ERR_REQUEST_TOO_LARGE/i)
  await upstream.connectionsClosed()
  t.ok(upstream.abortedRequests <= 1)
})

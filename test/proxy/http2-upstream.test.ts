import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createSecureServer, createServer, type ServerHttp2Stream } from 'node:http2'
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import t from 'tap'
import { request } from 'undici'
import { WebSocket, WebSocketServer } from 'ws'
import { createAuthority } from '../helpers/certificates.js'
import { startHttp2Server } from './http2-server.js'
import { openConnection, parseResponse, rawRequest } from './raw-request.js'
import { startRawServer } from './raw-server.js'
import { startProxy } from './start-proxy.js'

/** Everything of a request, with its trailers, as JSON. */
const echo = (stream: ServerHttp2Stream, headers: string[]): void => {
  let body = ''
  let trailers: string[] = []
  stream.on('data', (piece: Buffer) => {
    body += piece.toString()
  })
  stream.on('trailers', (_fields: unknown, _flags: number, raw: string[]) => {
    trailers = raw
  })
  stream.on('end', () => {
    if (stream.destroyed) return
    stream.respond({ ':status': 200, 'content-type': 'application/json' })
    stream.end(JSON.stringify({ headers, body, trailers }))
  })
}

const pathOf = (raw: string[]): string => raw[raw.indexOf(':path') + 1] ?? ''

t.test('HOP-10 says the same request in HTTP/2', async (t) => {
  const server = await startHttp2Server(t, echo)
  const proxy = await startProxy(t, { url: `${server.url}/base`, http2: true })
  const text = await rawRequest(
    proxy.port,
    'POST /a/../%zz?x HTTP/1.1\r\nHost: app.example.com:81\r\nX-A: 1\r\nX-B: 2\r\nx-a: 3\r\nX-Latin: \xe9\r\n' +
      '__proto__: 1\r\nCookie: a=1\r\nCookie: b=2\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello',
  )
  const { headers, body } = JSON.parse(Buffer.from(parseResponse(text).body, 'latin1').toString())
  t.equal(body, 'hello')
  const pairs = pairsOf(headers)
  t.same(Object.fromEntries(pairs.filter(([name]) => name.startsWith(':'))), {
    ':method': 'POST',
    ':path': '/base/a/../%zz?x',
    ':authority': 'app.example.com:81',
    ':scheme': 'http',
  })
  t.same(
    pairs.filter(([name]) => name.startsWith('x-')),
    [
      ['x-a', '1'],
      ['x-a', '3'],
      ['x-b', '2'],
      ['x-latin', 'é'],
    ],
  )
  t.same(
    pairs.filter(
      ([name]) => name === 'cookie' || name === '__proto__' || name === 'content-length',
    ),
    [
      ['__proto__', '1'],
      ['cookie', 'a=1'],
      ['cookie', 'b=2'],
      ['content-length', '5'],
    ],
  )
})

const pairsOf = (raw: readonly string[]): [string, string][] =>
  raw.flatMap((name, index) => (index % 2 === 0 ? [[name, raw[index + 1] ?? '']] : []))

t.test('a header that HTTP/2 allows but once is refused twice', async (t) => {
  const server = await startHttp2Server(t, echo)
  const proxy = await startProxy(t, { url: server.url, http2: true })
  const text = await rawRequest(
    proxy.port,
    'GET / HTTP/1.1\r\nHost: a\r\nContent-Type: a/b\r\nContent-Type: c/d\r\nConnection: close\r\n\r\n',
  )
  t.match(text, /^HTTP\/1.1 400 [^]*ERR_REQUEST_HEADERS/)
})

t.test('HOP-7 trailers pass in both directions, less what is not for trailers', async (t) => {
  const server = await startHttp2Server(t, (stream, headers) => {
    stream.on('trailers', (_fields: unknown, _flags: number, raw: string[]) => {
      stream.respond(
        {
          ':status': 200,
          'content-type': 'application/grpc',
          'x-seen': JSON.stringify(raw),
          'x-te': headers[headers.indexOf('te') + 1],
          'x-announced': headers[headers.indexOf('trailer') + 1],
        },
        { waitForTrailers: true },
      )
      stream.on('wantTrailers', () =>
        stream.sendTrailers({
          'grpc-status': '0',
          'grpc-message': 'fine',
          'x-valetkey-answer': 'x',
        }),
      )
      stream.end('answer')
    })
    stream.resume()
  })
  const proxy = await startProxy(t, { url: server.url, http2: true })
  const text = await rawRequest(
    proxy.port,
    'POST /a.B/C HTTP/1.1\r\nHost: a\r\nTE: trailers\r\nConnection: close, TE\r\nContent-Type: application/grpc\r\n' +
      'Trailer: X-Own\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-Own: 1\r\nX_Forwarded-User: mallory\r\nAuthorization: x\r\n' +
      'X-Forwarded-For: 1.2.3.4\r\n\r\n',
  )
  t.match(
    text,
    /^HTTP\/1.1 200 [^]*x-seen: \["x-own","1"\]\r\nx-te: trailers\r\nx-announced: X-Own\r\n/,
  )
  t.match(text, /\r\nanswer\r\n0\r\ngrpc-status: 0\r\ngrpc-message: fine\r\n\r\n$/)
})

t.test('a gRPC status without anything else arrives as a trailer', async (t) => {
  const server = await startHttp2Server(t, (stream) =>
    stream.respond(
      {
        ':status': 200,
        'content-type': 'application/grpc',
        'content-length': 0,
        'grpc-status': '12',
        'grpc-message': 'no',
      },
      { endStream: true },
    ),
  )
  const proxy = await startProxy(t, { url: server.url, http2: true })
  const text = await rawRequest(
    proxy.port,
    'POST /a.B/C HTTP/1.1\r\nHost: a\r\nTE: trailers\r\nConnection: close, TE\r\nContent-Length: 1\r\n\r\nx',
  )
  const [head = '', rest] = text.split('\r\n\r\n', 1).concat(text.slice(text.indexOf('\r\n\r\n')))
  t.notMatch(head, /grpc-status/)
  t.equal(rest, '\r\n\r\n0\r\ngrpc-status: 12\r\ngrpc-message: no\r\n\r\n')
})

t.test('trailers that HTTP/2 does not have break off one request and nothing else', async (t) => {
  const server = await startHttp2Server(t, echo)
  const proxy = await startProxy(t, { url: server.url, http2: true })
  const text = await rawRequest(
    proxy.port,
    'POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n' +
      '1\r\nx\r\n0\r\nEtag: a\r\nEtag: b\r\n\r\n',
  )
  t.match(text, /^HTTP\/1.1 400 [^]*ERR_REQUEST_HEADERS/)
  t.equal((await request(proxy.url)).statusCode, 200)
})

t.test('BODY-4 HEAD has the length and no body', async (t) => {
  const server = await startHttp2Server(t, (stream) =>
    stream.respond({ ':status': 200, 'content-length': 5 }, { endStream: true }),
  )
  const proxy = await startProxy(t, { url: server.url, http2: true })
  const response = await request(proxy.url, { method: 'HEAD' })
  t.equal(response.headers['content-length'], '5')
  t.equal(await response.body.text(), '')
})

t.test('BODY-1 streams both ways, each event as it comes', async (t) => {
  const server = await startHttp2Server(t, (stream) => {
    stream.respond({ ':status': 200, 'content-type': 'text/event-stream' })
    stream.on('data', (piece: Buffer) => stream.write(`data: ${piece.toString()}\n\n`))
    stream.on('end', () => stream.end())
  })
  const proxy = await startProxy(t, { url: server.url, http2: true })
  const { socket, until } = await openConnection(proxy.port)
  socket.write('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n')
  for (const word of ['one', 'two', 'six']) {
    socket.write(`3\r\n${word}\r\n`)
    await until(`data: ${word}\n\n`)
  }
  socket.write('0\r\n\r\n')
  t.match(await until('\r\n0\r\n\r\n'), /^HTTP\/1.1 200 OK/)
  socket.destroy()
})

t.test('BODY-1 a large body passes whole in both directions', async (t) => {
  const server = await startHttp2Server(t, (stream) => {
    stream.respond({ ':status': 200 })
    stream.pipe(stream)
  })
  const proxy = await startProxy(t, { url: server.url, http2: true })
  const body = Buffer.alloc(5 * 1024 * 1024, 'valetkey')
  const response = await request(proxy.url, { method: 'PUT', body })
  t.ok(body.equals(Buffer.from(await response.body.arrayBuffer())))
})

t.test('BODY-1 BODY-4 what breaks off never looks whole, and what is whole does', async (t) => {
  const server = await startHttp2Server(t, (stream, raw) => {
    const act: Record<string, () => void> = {
      '/204': () => stream.respond({ ':status': 204 }, { endStream: true }),
      '/304': () => stream.respond({ ':status': 304, etag: '"1"' }, { endStream: true }),
      '/reset': () => stream.close(2),
      '/destroyed': () => stream.destroy(),
      '/gone': () => stream.session?.destroy(),
    }
    const path = pathOf(raw)
    if (!path.startsWith('/partial')) {
      act[path]?.()
      return
    }
    stream.respond({ ':status': 200 })
    stream.write('some', () => setImmediate(() => act[path.slice('/partial'.length)]?.()))
  })
  const proxy = await startProxy(t, { url: server.url, http2: true })
  for (const status of [204, 304]) {
    const response = await request(`${proxy.url}/${status}`)
    t.equal(response.statusCode, status)
    t.equal(await response.body.text(), '')
  }
  for (const path of ['/reset', '/destroyed', '/gone']) {
    const response = await request(proxy.url + path, { method: 'POST' })
    t.match(await response.body.json(), { code: 'ERR_UPSTREAM_RESET' }, path)
  }
  for (const path of ['/destroyed', '/gone']) {
    const response = await request(`${proxy.url}/partial${path}`)
    await t.rejects(response.body.text(), path)
  }
})

t.test('the time limits hold, and a silent connection is not used again', async (t) => {
  const server = await startHttp2Server(t, (stream, raw) => {
    if (pathOf(raw) === '/body') stream.respond({ ':status': 200 })
    if (pathOf(raw) === '/body') stream.write('some')
    if (pathOf(raw) === '/') stream.respond({ ':status': 200 }, { endStream: true })
  })
  const proxy = await startProxy(
    t,
    { url: server.url, http2: true },
    { timeouts: { responseMs: 100, idleMs: 100 } },
  )
  t.match(await (await request(`${proxy.url}/silent`)).body.json(), {
    code: 'ERR_UPSTREAM_TIMEOUT',
  })
  t.equal((await request(proxy.url)).statusCode, 200)
  t.equal(server.sessions.length, 2)
  const cut = await request(`${proxy.url}/body`)
  await t.rejects(cut.body.text())
})

t.test('many requests share a connection, up to the limit of the upstream', async (t) => {
  const waiting: ServerHttp2Stream[] = []
  const server = await startHttp2Server(
    t,
    (stream) => {
      waiting.push(stream)
      if (waiting.length < 5) return
      for (const each of waiting) each.respond({ ':status': 200 }, { endStream: true })
    },
    createServer({ settings: { maxConcurrentStreams: 2 } }),
  )
  const proxy = await startProxy(t, { url: server.url, http2: true })
  const answers = Array.from({ length: 5 }, () => request(proxy.url))
  t.same(
    (await Promise.all(answers)).map(({ statusCode }) => statusCode),
    [200, 200, 200, 200, 200],
  )
  t.equal(server.sessions.length, 3)
})

t.test('HOP-9 repeats a GET, and no POST, that met a connection just closing', async (t) => {
  let meet = false
  const paths: string[] = []
  const server = await startHttp2Server(t, (stream, raw) => {
    paths.push(pathOf(raw))
    if (meet) stream.session?.destroy()
    else stream.respond({ ':status': 200 }, { endStream: true })
    meet = false
  })
  const proxy = await startProxy(t, { url: server.url, http2: true })
  await request(proxy.url)
  meet = true
  t.equal((await request(`${proxy.url}/get`)).statusCode, 200)
  meet = true
  t.equal((await request(`${proxy.url}/post`, { method: 'POST' })).statusCode, 502)
  t.same(paths, ['/', '/get', '/get', '/post'])
})

t.test('HTTP/2 is agreed upon under TLS, or nothing is sent', async (t) => {
  const authority = await createAuthority(t.testdir())
  const { certFile, keyFile } = await authority.issue('server', 'IP:127.0.0.1')
  const options = { cert: await readFile(certFile), key: await readFile(keyFile) }
  const tls = { caFile: authority.caFile }
  const server = await startHttp2Server(t, echo, createSecureServer(options))
  const url = server.url.replace('http:', 'https:')
  const proxy = await startProxy(t, { url, tls, http2: true })
  const { headers } = JSON.parse(await (await request(proxy.url)).body.text())
  t.equal(headers[headers.indexOf(':scheme') + 1], 'https')

  const older = await startProxy(t, { url, tls })
  t.match(await (await request(older.url)).body.json(), { code: /ERR_UPSTREAM_/ })
})

t.test('HOP-5 a WebSocket reaches the same upstream by HTTP/1.1', async (t) => {
  const authority = await createAuthority(t.testdir())
  const { certFile, keyFile } = await authority.issue('server', 'IP:127.0.0.1')
  const options = { cert: await readFile(certFile), key: await readFile(keyFile), allowHTTP1: true }
  const secure = createSecureServer(options)
  const webSockets = new WebSocketServer({ noServer: true })
  secure.on('upgrade', (incoming: IncomingMessage, socket: Duplex, head: Buffer) =>
    webSockets.handleUpgrade(incoming, socket, head, (webSocket) => webSocket.send('hello')),
  )
  const server = await startHttp2Server(t, echo, secure)
  const url = server.url.replace('http:', 'https:')
  const proxy = await startProxy(t, { url, tls: { caFile: authority.caFile }, http2: true })
  const webSocket = new WebSocket(`ws://127.0.0.1:${proxy.port}/`)
  const [greeting] = await once(webSocket, 'message')
  t.equal(String(greeting), 'hello')
  t.equal((await request(proxy.url)).statusCode, 200)
  webSocket.terminate()
  await once(webSocket, 'close')
})

t.test('an upstream that does not speak HTTP/2 answers for it', async (t) => {
  const server = await startRawServer(t, (socket: Socket) =>
    socket.end('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n'),
  )
  const proxy = await startProxy(t, { url: server.url, http2: true })
  const response = await request(proxy.url)
  t.equal(response.statusCode, 502)
  t.match(await response.body.json(), { code: 'ERR_UPSTREAM_MALFORMED' })

  const silent = await startRawServer(t, () => undefined)
  const waiting = await startProxy(
    t,
    { url: silent.url, http2: true },
    { timeouts: { connectMs: 100 } },
  )
  t.match(await (await request(waiting.url)).body.json(), { code: 'ERR_UPSTREAM_TIMEOUT' })
})

t.test('an upstream that takes leave while it greets is given up', async (t) => {
  const settings = '000000 04 00 00000000'
  const goAway = '000008 07 00 00000000 00000000 00000000'
  const leaving = await startRawServer(t, (socket) => {
    socket.write(Buffer.from(`${settings}${goAway}`.replaceAll(' ', ''), 'hex'))
  })
  const proxy = await startProxy(t, { url: leaving.url, http2: true })
  const response = await request(proxy.url)
  t.equal(response.statusCode, 502)
  t.match(await response.body.json(), { code: 'ERR_UPSTREAM_RESET' })
  t.equal(leaving.requests(), 1)
})

t.test('leaves no connection open when it closes', async (t) => {
  const server = await startHttp2Server(t, (stream) =>
    stream.respond({ ':status': 200 }, { endStream: true }),
  )
  const proxy = await startProxy(t, { url: server.url, http2: true })
  await request(proxy.url)
  const [session] = server.sessions
  const closed = session && once(session, 'close')
  await proxy.close()
  await closed
  t.ok(session?.destroyed)
})

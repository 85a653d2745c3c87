import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { constants, createServer } from 'node:http2'
import t from 'tap'
import { answerOf, askHttp2, openHttp2 } from '../helpers/http2-client.js'
import { startAppInProcess } from '../helpers/app-in-process.js'
import { parseEcho, startUpstream } from '../helpers/upstream.js'
import { openRawHttp2 } from '../helpers/raw-http2.js'
import { openConnection, rawRequest } from '../proxy/raw-request.js'

const upstream = await startUpstream()
t.teardown(() => upstream.close())
const answers: Record<string, (response: ServerResponse) => void> = {
  '/odd/call': (response) => {
    response.writeHead(200, { 'content-type': 'application/grpc', trailer: 'grpc-status' })
    response.write('message')
    response.addTrailers({ 'grpc-status': '0', 'grpc-message': 'fine', 'x-valetkey-answer': 'X' })
    response.end()
  },
  '/odd/duplicates': (response) => {
    const fields = ['Set-Cookie', 'a=1', 'X-A', '1', 'set-cookie', 'b=2', 'x-a', '2']
    response.writeHead(200, 'Fine', [...fields, 'Content-Language', 'de', 'content-language', 'en'])
    response.end()
  },
  '/odd/status': (response) => {
    response.writeHead(200, { 'content-type': 'application/grpc', 'grpc-status': '5' }).end()
  },
  '/odd/reset': (response) => void response.destroy(),
  '/odd/broken': (response) => {
    response.write('begun', () => response.destroy())
  },
}
const odd = await startUpstream((request, response) => answers[request.url ?? '']?.(response))
t.teardown(() => odd.close())

const valetkey = await startAppInProcess(t, {
  routes: [
    { match: { path: '/odd/' }, auth: 'public', upstream: odd.url },
    { match: { path: '/private/' }, upstream: upstream.url },
    { match: { host: 'app.example', path: '/**' }, auth: 'public', upstream: upstream.url },
  ],
})
const host = { ':authority': 'app.example' }
const client = await openHttp2(t, valetkey.url)

t.test('HTTP/2 and HTTP/1.1 on one port, without TLS', async (t) => {
  upstream.forget()
  const answer = await askHttp2(client, { ...host, ':path': '/a//b?c=%2F' })
  t.equal(answer.headers[':status'], 200)
  t.equal(parseEcho(answer.body).url, '/a//b?c=%2F')
  const text = await rawRequest(
    valetkey.port,
    'GET / HTTP/1.1\r\nHost: app.example\r\nConnection: close\r\n\r\n',
  )
  t.match(text, /^HTTP\/1.1 200 /)
  // the preface in pieces, and something that only begins like it
  const slow = await openConnection(valetkey.port)
  for (const piece of ['PR', 'I * HTTP/2.0\r', '\n\r\nSM\r\n\r\n', '\0\0\0\x04\0\0\0\0\0']) {
    await new Promise((resolve) => slow.socket.write(piece, 'latin1', resolve))
  }
  await slow.until('\0')
  slow.socket.destroy()
  for (const method of ['P', 'PRI', 'PROPFIND']) {
    const head = `${method} / HTTP/1.1\r\nHost: app.example\r\nConnection: close\r\n\r\n`
    t.match(await rawRequest(valetkey.port, head), method === 'PROPFIND' ? / 200 / : / 400 /)
  }
})

t.test(
  'SMU-11 the upstream gets a request of HTTP/1.1, without pseudo-header fields',
  async (t) => {
    upstream.forget()
    const fields = { 'x-a': ['1', '2'], cookie: ['a=1', 'b=2'], te: 'trailers' }
    const stream = client.request({ ...host, ...fields, ':path': '/', ':method': 'POST' })
    stream.write('a bo')
    stream.end('dy')
    const { body } = await answerOf(stream)
    t.equal(parseEcho(body).bodyLength, 6)
    const { rawHeaders = [] } = upstream.requests[0] ?? {}
    t.same(
      rawHeaders.filter((text) => text.startsWith(':')),
      [],
    )
    t.equal(rawHeaders[rawHeaders.indexOf('host') + 1], 'app.example')
    t.equal(rawHeaders.filter((text) => /^host$/i.test(text)).length, 1)
    t.equal(rawHeaders[rawHeaders.indexOf('Cookie') + 1], 'a=1; b=2')
    t.equal(rawHeaders[rawHeaders.indexOf('X-Forwarded-Host') + 1], 'app.example')
    t.equal(rawHeaders[rawHeaders.indexOf('X-Forwarded-For') + 1], '127.0.0.1')
    t.match(rawHeaders[rawHeaders.indexOf('Via') + 1], /^2\.0 valetkey-/)
    t.equal(rawHeaders.filter((text) => text === 'x-a').length, 2, 'duplicates stay apart')
  },
)

t.test('SMU-11 what two readers could read in two ways is refused', async (t) => {
  upstream.forget()
  const refused = {
    'another Host': { ...host, host: 'other.example' },
    'a port that is none': { ':authority': 'app.example:99999' },
    'a fragment': { ...host, ':path': '/a#b' },
    'a dot segment before another route': { ...host, ':path': '/odd/../private/' },
  }
  for (const [name, headers] of Object.entries(refused)) {
    const answer = await askHttp2(client, { ':path': '/', ...headers })
    t.equal(answer.headers[':status'], 400, name)
    t.equal(answer.headers['x-valetkey-answer'], 'ERR_REQUEST', name)
  }
  t.equal((await askHttp2(client, { ...host, host: 'app.example' })).headers[':status'], 200)
  t.equal((await askHttp2(client, { ':method': 'CONNECT', ...host })).headers[':status'], 405)
  t.notOk(client.closed, 'other streams go on')
  t.equal(upstream.requests.length, 1)
})

t.test('HOP-2 an answer keeps its duplicates apart, and loses its reason phrase', async (t) => {
  const { headers } = await askHttp2(client, { ...host, ':path': '/odd/duplicates' })
  t.same(headers['set-cookie'], ['a=1', 'b=2'])
  t.equal(headers['x-a'], '1, 2')
  t.equal(headers['content-language'], 'de, en')
})

t.test('HOP-7 trailers come behind the body, as calls of gRPC need them', async (t) => {
  const call = { ...host, ':path': '/odd/call', ':method': 'POST', te: 'trailers' }
  const answer = await askHttp2(client, { ...call, 'content-type': 'application/grpc' }, 'ask')
  t.equal(answer.body, 'message')
  t.match(answer.trailers, { 'grpc-status': '0', 'grpc-message': 'fine' })
  t.notOk('x-valetkey-answer' in answer.trailers)
  const status = await askHttp2(client, { ...call, ':path': '/odd/status' }, 'ask')
  t.equal(status.headers['grpc-status'], '5')
  t.ok(status.isHeadersOnly, 'a status without a message')
})

t.test('a call of gRPC gets a status of gRPC from Valetkey itself', async (t) => {
  const call = { ...host, ':path': '/private/x', ':method': 'POST', te: 'trailers' }
  for (const type of ['application/grpc', 'application/grpc+proto', 'application/grpc;x=y']) {
    const answer = await askHttp2(client, { ...call, 'content-type': type }, 'ask')
    t.match(answer.headers, {
      ':status': 200,
      'content-type': 'application/grpc',
      'grpc-status': '16',
      'grpc-message': 'Please sign in',
      'x-valetkey-answer': 'ERR_LOGIN_REQUIRED',
    })
    t.ok(answer.isHeadersOnly)
  }
  const broken = { ...call, ':path': '/odd/reset', 'content-type': 'application/grpc' }
  t.equal((await askHttp2(client, broken, 'ask')).headers['grpc-status'], '14')
})

t.test('a refusal is never 200 to whom 200 is consent', async (t) => {
  const call = { ...host, ':method': 'POST', 'content-type': 'application/grpc', te: 'trailers' }
  const paths = ['auth', 'forward-auth', 'ext-authz/private/x', 'userinfo', 'nothing']
  for (const path of paths) {
    const answer = await askHttp2(client, { ...call, ':path': `/oauth2/${path}` }, 'ask')
    t.ok(Number(answer.headers[':status']) >= 400, path)
  }
  const others = {
    'an ambiguous path': { ...call, ':path': '/oauth2/auth/..%2f..%2fprivate/' },
    'an unclear host': { ...call, ':path': '/oauth2/auth', host: 'other.example' },
    'no route': { ...call, ':authority': 'none.example', ':path': '/' },
    'a GET': { ...call, ':method': 'GET', ':path': '/private/x' },
    'gRPC-Web': { ...call, ':path': '/private/x', 'content-type': 'application/grpc-web' },
    'another type': { ...call, ':path': '/private/x', 'content-type': 'application/grpcx' },
  }
  for (const [name, headers] of Object.entries(others)) {
    const answer = await askHttp2(client, headers, 'ask')
    t.ok(Number(answer.headers[':status']) >= 400, name)
  }
  for (const path of ['/oauth2/auth', '/private/x']) {
    const head = `POST ${path} HTTP/1.1\r\nHost: app.example\r\nContent-Type: application/grpc\r\n`
    const text = await rawRequest(
      valetkey.port,
      `${head}Content-Length: 0\r\nConnection: close\r\n\r\n`,
    )
    t.match(text, /^HTTP\/1.1 40[15] /, `${path} over HTTP/1.1`)
  }
})

t.test('HOP-6 Expect is decided before the body', async (t) => {
  const head = { ...host, ':method': 'POST', expect: '100-continue' }
  const refused = await answerOf(client.request({ ...head, ':path': '/private/x' }))
  t.equal(refused.headers[':status'], 401)
  const stream = client.request({ ...head, ':path': '/' })
  await once(stream, 'continue')
  stream.end('body')
  t.equal(parseEcho((await answerOf(stream)).body).bodyLength, 4)
  const other = await askHttp2(client, { ...host, ':path': '/', expect: 'miracles' })
  t.equal(other.headers[':status'], 417)
})

t.test('BODY-1 a client that resets its stream cancels the request', async (t) => {
  for (const path of ['/slow', '/stream?bytes=100000000']) {
    const arrived = upstream.nextRequest()
    const stream = client.request({ ...host, ':path': path })
    stream.on('error', () => undefined)
    await arrived
    if (path !== '/slow') await once(stream, 'data')
    stream.close(constants.NGHTTP2_CANCEL)
    await upstream.connectionsClosed()
    t.equal(upstream.abortedRequests, path === '/slow' ? 1 : 2, path)
  }
  t.notOk(client.closed)
})

t.test(
  'BODY-1 a client that goes without a word cancels its requests, also without TLS',
  async (t) => {
    const arrived = upstream.nextRequest()
    const raw = await openRawHttp2(t, valetkey.port)
    void raw.ask([], '/slow')
    await arrived
    raw.leave()
    await upstream.connectionsClosed()
    t.equal(upstream.abortedRequests, 3)
  },
)

t.test('BODY-1 a body that breaks off resets its stream only', async (t) => {
  const stream = client.request({ ...host, ':path': '/odd/broken' })
  stream.resume()
  const [error] = await once(stream, 'error')
  t.match(error.message, /NGHTTP2_INTERNAL_ERROR/)
  t.equal((await askHttp2(client, host)).headers[':status'], 200, 'others go on')
})

t.test('BODY-1 a client that goes on sending after the answer loses its stream', async (t) => {
  const stream = client.request({ ...host, ':path': '/private/x', ':method': 'POST' })
  stream.write('x')
  t.equal((await answerOf(stream)).headers[':status'], 401)
  await once(stream, 'close')
  t.equal(stream.rstCode, constants.NGHTTP2_NO_ERROR)
})

t.test(
  "BODY-1 bodies of Valetkey's own endpoints, and large ones, come over HTTP/2, too",
  async (t) => {
    const logout = { ...host, ':path': '/oauth2/backchannel-logout', ':method': 'POST' }
    const form = { 'content-type': 'application/x-www-form-urlencoded' }
    const refused = await askHttp2(client, { ...logout, ...form }, 'logout_token=x')
    t.equal(refused.headers['x-valetkey-answer'], 'LOGOUT_REFUSED')
    const large = 'x'.repeat(3_000_000)
    const up = await askHttp2(client, { ...host, ':method': 'PUT' }, large)
    t.equal(parseEcho(up.body).bodyLength, large.length)
    const down = await askHttp2(client, { ...host, ':path': '/stream?bytes=3000000' })
    t.equal(down.body.length, large.length)
  },
)

t.test('BODY-4 HEAD, 204 and 304 have no body', async (t) => {
  for (const [method, path, status] of [
    ['HEAD', '/', 200],
    ['GET', '/status/204', 204],
    ['GET', '/status/304', 304],
  ] as const) {
    const answer = await askHttp2(client, { ...host, ':method': method, ':path': path })
    t.equal(answer.headers[':status'], status)
    t.equal(answer.body, '')
  }
})

t.test('BODY-5 bounds what a client may send and open', async (t) => {
  const { maxConcurrentStreams, enablePush, maxHeaderListSize } = client.remoteSettings
  t.match(
    { maxConcurrentStreams, enablePush, maxHeaderListSize },
    {
      maxConcurrentStreams: 128,
      enablePush: false,
      maxHeaderListSize: 24 * 1024,
    },
  )
  const large = Object.fromEntries(
    Array.from({ length: 20 }, (_, at) => [`x-${at}`, 'v'.repeat(1000)]),
  )
  const refused = await askHttp2(client, { ...host, ...large })
  t.equal(refused.headers[':status'], 431)
  t.equal(refused.headers['x-valetkey-answer'], 'ERR_REQUEST_HEADERS_TOO_LARGE')
  // CVE-2023-44487: streams that are reset as fast as they are opened
  const flood = await openHttp2(t, valetkey.url)
  const closed = new Promise((resolve) => flood.once('close', resolve))
  const open = (): void => {
    for (let i = 0; i < 100 && !flood.closed && !flood.destroyed; i++) {
      const stream = flood.request({ ...host, ':path': '/slow' })
      stream.on('error', () => undefined)
      stream.close(constants.NGHTTP2_CANCEL)
    }
    if (!flood.destroyed) setImmediate(open)
  }
  open()
  await closed
  t.equal((await askHttp2(client, host)).headers[':status'], 200)
})

t.test('BODY-3 an event stream is ended, and everybody sent away, when it closes', async (t) => {
  const closing = await startAppInProcess(t, {
    routes: [{ auth: 'public', upstream: upstream.url }],
  })
  const session = await openHttp2(t, closing.url)
  const silent = await openConnection(closing.port)
  const events = session.request({ ':path': '/events?count=3&open' })
  events.setEncoding('utf8')
  let received = ''
  events.on('data', (piece: string) => {
    received += piece
  })
  while (!received.includes('data: 3')) await once(events, 'data')
  const arrived = upstream.nextRequest()
  const underWay = askHttp2(session, { ':path': '/slow' })
  await arrived
  const sentAway = Promise.all([once(session, 'goaway'), once(events, 'end')])
  const closed = closing.close()
  await sentAway
  upstream.release()
  t.equal((await underWay).body, 'released', 'requests under way finish')
  await closed
  t.ok(silent.socket.readableEnded || silent.socket.destroyed, 'who said nothing yet is let go')
  silent.socket.destroy()
})

t.test('SMU-11 what HTTP/2 has no place for never gets through', async (t) => {
  upstream.forget()
  const session = await openRawHttp2(t, valetkey.port)
  const bad: Record<string, [name: string, value: string][]> = {
    connection: [['connection', 'close']],
    'transfer-encoding': [['transfer-encoding', 'chunked']],
    upgrade: [['upgrade', 'websocket']],
    'keep-alive': [['keep-alive', '1']],
    'proxy-connection': [['proxy-connection', 'close']],
    'te other than trailers': [['te', 'gzip']],
    'a name in capitals': [['X-A', '1']],
    'a CR and LF in a value': [['x-a', '1\r\nx-b: 2']],
    'a NUL in a value': [['x-a', '1\x002']],
    'a CR and LF in a name': [['x-a: 1\r\nx-b', '2']],
    'a space in a name': [['x a', '1']],
    'a pseudo-header field behind others': [
      ['x-a', '1'],
      [':authority', 'app.example'],
    ],
    'an unknown pseudo-header field': [[':forwarded-user', 'mallory']],
    'a second path': [[':path', '/private/']],
    'a length that is not that of the body': [['content-length', '3']],
    'two lengths': [
      ['content-length', '0'],
      ['content-length', '1'],
    ],
  }
  // nghttp2 takes these fields out and lets the rest pass
  const dropped = new Set(Object.keys(bad).filter((name) => /^a (CR|NUL|space)/.test(name)))
  for (const [name, fields] of Object.entries(bad)) {
    const isDropped = dropped.has(name)
    t.equal(await session.ask(fields), isDropped ? 'answered' : 'reset 1', name)
  }
  t.equal(await session.ask([['x-a', '1']]), 'answered')
  const seen = JSON.stringify(upstream.requests.map(({ rawHeaders }) => rawHeaders))
  t.notMatch(seen, /x-b|mallory|\\u0000/)
})

t.test('HOP-7 a call of gRPC passes from HTTP/2 to HTTP/2, message by message', async (t) => {
  const application = createServer((request, response) => {
    response.writeHead(200, { 'content-type': 'application/grpc' })
    request.on('data', (piece: Buffer) => response.write(`${String(piece)}!`))
    request.on('end', () => {
      response.addTrailers({ 'grpc-status': '0' })
      response.end()
    })
  })
  application.listen(0, '127.0.0.1')
  await once(application, 'listening')
  t.teardown(() => application.close())
  const address = application.address()
  if (address === null || typeof address === 'string') throw new Error('not on a port')
  const before = await startAppInProcess(t, {
    routes: [
      { auth: 'public', upstream: { url: `http://127.0.0.1:${address.port}`, http2: true } },
    ],
  })
  const session = await openHttp2(t, before.url)
  const call = { ':method': 'POST', 'content-type': 'application/grpc', te: 'trailers' }
  const stream = session.request(call)
  stream.setEncoding('utf8')
  const trailers = once(stream, 'trailers')
  for (const message of ['one', 'two']) {
    stream.write(message)
    t.equal(String((await once(stream, 'data'))[0]), `${message}!`)
  }
  stream.end()
  t.match((await trailers)[0], { 'grpc-status': '0' })
})

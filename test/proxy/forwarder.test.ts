import { writeFile } from 'node:fs/promises'
import { METHODS } from 'node:http'
import { join } from 'node:path'
import t from 'tap'
import { request } from 'undici'
import { parseEcho, startUpstream, type Upstream } from '../helpers/upstream.js'
import { openConnection, parseResponse, rawRequest } from './raw-request.js'
import { startRawServer } from './raw-server.js'
import { certificate, privateKey } from './self-signed.js'
import { startProxyProcess } from './start-proxy-process.js'
import { startProxy } from './start-proxy.js'

const get = (port: number, host = 'a'): Promise<string> =>
  rawRequest(port, `GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)

const start = async (t: Parameters<typeof startProxy>[0]): Promise<Upstream> => {
  const upstream = await startUpstream()
  t.teardown(() => upstream.close())
  return upstream
}

t.test('forwards a request and its answer', async (t) => {
  const upstream = await start(t)
  const proxy = await startProxy(t, upstream.url)
  const response = await request(`${proxy.url}/a/b?c=d`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-own': '1' },
    body: '{"a":1}',
  })
  const echo = parseEcho(await response.body.text())
  t.equal(response.statusCode, 200)
  t.match(echo, { method: 'POST', url: '/a/b?c=d', bodyLength: 7, headers: { 'x-own': '1' } })
  t.match(response.headers['content-type'], 'application/json')
})

t.test('puts the path of the upstream URL before that of the request', async (t) => {
  const upstream = await start(t)
  const proxy = await startProxy(t, `${upstream.url}/app/`)
  const echo = parseEcho(await (await request(`${proxy.url}/a?b`)).body.text())
  t.equal(echo.url, '/app/a?b')
})

t.test('B.2-1 refuses an upstream whose certificate nobody vouches for', async (t) => {
  const upstream = await startUpstream(undefined, { cert: certificate, key: privateKey })
  t.teardown(() => upstream.close())
  const url = upstream.url.replace('127.0.0.1', 'localhost')
  const proxy = await startProxy(t, url)
  const response = await request(proxy.url)
  t.equal(response.statusCode, 502)
  t.match(await response.body.json(), { code: 'ERR_UPSTREAM_TLS' })
  t.equal(upstream.requests.length, 0)
})

t.test(
  'B.2-1 verifies the name in the URL of the upstream, not the Host of the client',
  async (t) => {
    const upstream = await startUpstream(undefined, { cert: certificate, key: privateKey })
    t.teardown(() => upstream.close())
    const file = join(t.testdir(), 'ca.pem')
    await writeFile(file, certificate)
    const env = { NODE_EXTRA_CA_CERTS: file }

    const byName = await startProxyProcess(t, upstream.url.replace('127.0.0.1', 'localhost'), env)
    const byAddress = await startProxyProcess(t, upstream.url, env)

    t.match(await get(byName.port, 'elsewhere.example'), /^HTTP\/1.1 200 /)
    const refused = await get(byAddress.port, 'localhost')
    t.match(refused, /^HTTP\/1.1 502 /, 'the certificate is not for 127.0.0.1')
    t.match(refused, /ERR_UPSTREAM_TLS/)
  },
)

t.test('B.2-2 HOP-9 passes 503 with Retry-After on, once', async (t) => {
  const upstream = await startUpstream((_request, response) => {
    response.writeHead(503, { 'retry-after': '0' })
    response.end('later')
  })
  t.teardown(() => upstream.close())
  const proxy = await startProxy(t, upstream.url)
  const response = await request(proxy.url)
  t.equal(response.statusCode, 503)
  t.equal(response.headers['retry-after'], '0')
  t.equal(await response.body.text(), 'later')
  t.equal(upstream.requests.length, 1)
})

t.test('HOP-9 sends nothing twice when the connection breaks', async (t) => {
  for (const method of ['GET', 'POST', 'PUT']) {
    const server = await startRawServer(t, (socket) => socket.resetAndDestroy())
    const proxy = await startProxy(t, server.url)
    const response = await request(proxy.url, { method })
    t.equal(response.statusCode, 502)
    t.match(await response.body.json(), { code: 'ERR_UPSTREAM_RESET' })
    t.equal(server.requests(), 1)
  }
})

t.test('B.2-3 HOP-2 keeps hop-by-hop fields of the response to itself', async (t) => {
  const server = await startRawServer(t, (socket) =>
    socket.end(
      'HTTP/1.1 200 Fine\r\nConnection: close, X-Secret\r\nX-Secret: 1\r\nKeep-Alive: timeout=9\r\n' +
        'Proxy-Authenticate: Basic\r\nX-Kept: 1\r\nx-kept: 2\r\nContent-Length: 2\r\n\r\nok',
    ),
  )
  const proxy = await startProxy(t, server.url)
  const response = parseResponse(await get(proxy.port))
  t.equal(response.statusLine, 'HTTP/1.1 200 Fine')
  t.same(
    response.headerLines.filter((line) => !line.startsWith('Date:')),
    ['X-Kept: 1', 'x-kept: 2', 'Content-Length: 2', 'Connection: close'],
  )
  t.equal(response.body, 'ok')
})

t.test('B.2-4 takes Expect: 100-continue', async (t) => {
  const upstream = await start(t)
  const proxy = await startProxy(t, upstream.url)
  const { socket, until } = await openConnection(proxy.port)
  t.teardown(async () => void socket.destroy())
  socket.write(
    'POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\nConnection: close\r\n\r\n',
  )
  await until('HTTP/1.1 100 Continue\r\n\r\n')
  socket.write('hi')
  const text = await until('"bodyLength":2')
  t.match(text, /HTTP\/1.1 200 OK/)
  t.equal(upstream.requests[0]?.headers.expect, undefined)
})

t.test('B.2-5 HOP-5 goes on without an upgrade to h2c', async (t) => {
  const upstream = await start(t)
  const proxy = await startProxy(t, upstream.url)
  const heads = {
    unlisted: 'Upgrade: h2c\r\nConnection: close\r\n',
    listed:
      'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\nX-Close: 1\r\n',
    other: 'Connection: close, Upgrade\r\nUpgrade: something\r\n',
  }
  for (const [name, head] of Object.entries(heads)) {
    upstream.forget()
    const { socket, until } = await openConnection(proxy.port)
    socket.write(`POST /${name} HTTP/1.1\r\nHost: a\r\n${head}Content-Length: 2\r\n\r\nhi`)
    const answer = await until('"bodyLength":2')
    socket.destroy()
    t.match(answer, /^HTTP\/1.1 200 OK/, name)
    t.equal(upstream.requests.length, 1)
    t.match(upstream.requests[0]?.url, `/${name}`)
    t.notHas(upstream.requests[0]?.headers, { upgrade: String, 'http2-settings': String })
  }
})

t.test('B.2-6 maps what goes wrong to 502 and 504, and tells nobody the details', async (t) => {
  const closed = await startUpstream()
  await closed.close()
  const malformed = await startRawServer(t, (socket) => socket.end('SMTP ready\r\n\r\n'))
  const oddHeader = await startRawServer(t, (socket) =>
    socket.end('HTTP/1.1 200 OK\r\nBad\x01Name: 1\r\n\r\n'),
  )
  const oddStatus = await startRawServer(t, (socket) => socket.end('HTTP/1.1 999 Odd\r\n\r\n'))
  const silent = await startRawServer(t, () => undefined)
  const cases: [string, number, string][] = [
    [closed.url, 502, 'ERR_UPSTREAM_REFUSED'],
    ['http://no-such-host.invalid', 502, 'ERR_UPSTREAM_UNREACHABLE'],
    [malformed.url, 502, 'ERR_UPSTREAM_MALFORMED'],
    [oddHeader.url, 502, 'ERR_UPSTREAM_MALFORMED'],
    [oddStatus.url, 502, 'ERR_UPSTREAM_MALFORMED'],
    [silent.url, 504, 'ERR_UPSTREAM_TIMEOUT'],
  ]
  for (const [url, status, code] of cases) {
    const proxy = await startProxy(t, url, { timeouts: { responseMs: 1000 } })
    for (const method of ['GET', 'POST']) {
      const response = await request(proxy.url, { method, body: method === 'POST' ? 'x' : null })
      t.equal(response.statusCode, status, `${url} ${method}`)
      t.same(await response.body.json(), { code })
    }
    t.ok(proxy.errors[0]?.cause ?? proxy.errors[0]?.code === code, 'the log may have the reason')
  }
})

t.test('B.2-7 forwards every method but CONNECT and TRACE', async (t) => {
  const upstream = await start(t)
  const proxy = await startProxy(t, upstream.url)
  for (const method of METHODS.filter((each) => each !== 'CONNECT' && each !== 'TRACE')) {
    const text = await rawRequest(
      proxy.port,
      `${method} /m HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi`,
    )
    t.match(text, /^HTTP\/1.1 200 OK/, method)
    if (method !== 'HEAD') {
      t.match(parseEcho(parseResponse(text).body), { method, bodyLength: 2 })
    }
  }
  upstream.forget()
  for (const method of ['CONNECT', 'TRACE']) {
    const text = await rawRequest(
      proxy.port,
      `${method} /m HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`,
    )
    t.notMatch(text, /^HTTP\/1.1 200/, method)
  }
  t.equal(upstream.requests.length, 0)
})

t.test('HOP-4 answers TRACE with 405', async (t) => {
  const upstream = await start(t)
  const proxy = await startProxy(t, upstream.url)
  const text = await rawRequest(
    proxy.port,
    'TRACE / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
  )
  t.match(text, /^HTTP\/1.1 405 /)
})

t.test('B.2-8 HOP-10 sends the target on byte for byte', async (t) => {
  const upstream = await start(t)
  const proxy = await startProxy(t, upstream.url)
  const targets = [
    '/',
    '/?',
    '//x',
    '//host/x',
    '/a//b',
    '/a/./b',
    '/a/../b',
    '/../x',
    '/a\\b',
    '/%zz',
    '/%',
    '/%2e%2e/%2F%00',
    '/...slug',
    '/[...slug]',
    '/a;b=1;c',
    '/a?b=/../c&d=//e&f=%zz?g',
    '/x?a=1&a=2&&=',
    '/http://elsewhere.example/',
    '/\'"<>|{}^`',
  ]
  for (const target of targets) {
    upstream.forget()
    const text = await rawRequest(
      proxy.port,
      `GET ${target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`,
    )
    t.match(text, /^HTTP\/1.1 200 OK/, target)
    t.equal(upstream.requests[0]?.url, target)
  }
})

t.test('B.2-9 BFF-4 keeps Host, and duplicates apart and in order', async (t) => {
  const upstream = await start(t)
  const proxy = await startProxy(t, upstream.url, {
    plan: { addHeaders: ['X-Forwarded-Host', 'app.example.com'] },
  })
  await rawRequest(
    proxy.port,
    'GET / HTTP/1.1\r\nHost: app.example.com:81\r\nX-A: 1\r\nX-B: 3\r\nx-a: 2\r\nX_User: me\r\n' +
      'Accept-Language: \xe9\r\nConnection: close\r\n\r\n',
  )
  const { rawHeaders = [] } = upstream.requests[0] ?? {}
  t.match(rawHeaders.slice(-2), ['Via', /^1\.1 valetkey-[0-9a-f]{10}$/])
  t.same(rawHeaders.slice(0, -2), [
    'host',
    'app.example.com:81',
    'connection',
    'keep-alive',
    'X-A',
    '1',
    'X-B',
    '3',
    'x-a',
    '2',
    'X_User',
    'me',
    'Accept-Language',
    '\xe9',
    'X-Forwarded-Host',
    'app.example.com',
  ])
})

t.test('B.2-10 passes the body of GET, DELETE and OPTIONS on', async (t) => {
  const upstream = await start(t)
  const proxy = await startProxy(t, upstream.url)
  for (const method of ['GET', 'DELETE', 'OPTIONS', 'PROPFIND']) {
    for (const framed of [
      'Content-Length: 5\r\n\r\nhello',
      'Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
    ]) {
      const text = await rawRequest(
        proxy.port,
        `${method} / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${framed}`,
      )
      t.match(parseEcho(parseResponse(text).body), { method, bodyLength: 5 })
    }
  }
})

t.test('B.2-11 leaves the content type to the upstream', async (t) => {
  const upstream = await start(t)
  const proxy = await startProxy(t, upstream.url)
  const types = [
    'Content-Type: nonsense',
    'Content-Type: a/b; =',
    'Content-Type:',
    'X-None: 1',
    'Content-Type: application/json',
    'Content-Type: multipart/form-data',
  ]
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'QUERY']) {
    if (!METHODS.includes(method)) continue
    for (const type of types) {
      upstream.forget()
      const text = await rawRequest(
        proxy.port,
        `${method} / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${type}\r\nContent-Length: 1\r\n\r\n{`,
      )
      t.match(text, /^HTTP\/1.1 200 OK/, `${method} ${type}`)
      const [name = '', value = ''] = type.split(/: ?/)
      const { rawHeaders = [] } = upstream.requests[0] ?? {}
      t.equal(rawHeaders[rawHeaders.indexOf(name) + 1], value)
    }
  }
})

t.test('B.2-12 HOP-8 drops informational responses cleanly', async (t) => {
  const server = await startRawServer(t, (socket) =>
    socket.end(
      'HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n' +
        'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
    ),
  )
  const proxy = await startProxy(t, server.url)
  const text = await get(proxy.port)
  t.match(text, /^HTTP\/1.1 200 OK/)
  t.notMatch(text, /Early|Link|Processing/)
  t.equal(parseResponse(text).body, 'ok')
})

t.test('B.2-14 leaves no connection open when it closes', async (t) => {
  const upstream = await start(t)
  const proxy = await startProxy(t, upstream.url)
  await (await request(proxy.url)).body.dump()
  t.equal(upstream.openConnections, 1)
  await proxy.close()
  await upstream.connectionsClosed()
  t.equal(upstream.openConnections, 0)
})

t.test('answers a request under way before it closes', async (t) => {
  const upstream = await start(t)
  const proxy = await startProxy(t, upstream.url)
  const arrived = upstream.nextRequest()
  const response = request(`${proxy.url}/slow`, { reset: true })
  await arrived
  const closed = proxy.close()
  upstream.release()
  t.equal(await (await response).body.text(), 'released')
  await closed
})

t.test('HOP-1 a name listed in Connection cannot take an injected header out', async (t) => {
  const upstream = await start(t)
  const proxy = await startProxy(t, upstream.url, {
    plan: {
      addHeaders: ['X-Forwarded-User', 'alice', 'Authorization', 'Bearer token'],
    },
  })
  await rawRequest(
    proxy.port,
    'GET / HTTP/1.1\r\nHost: a\r\nConnection: close, X-Forwarded-User, Authorization, X-Own, Host\r\n' +
      'X-Own: 1\r\nX-Forwarded-User: mallory\r\nProxy-Connection: x\r\nKeep-Alive: 1\r\n\r\n',
  )
  t.match(upstream.requests[0]?.headers, {
    host: 'a',
    'x-forwarded-user': 'alice',
    authorization: 'Bearer token',
  })
  t.notHas(upstream.requests[0]?.headers, {
    'x-own': '1',
    'proxy-connection': 'x',
    'keep-alive': '1',
  })
})

t.test('SMU-13 takes every spelling of a reserved name out', async (t) => {
  const upstream = await start(t)
  const proxy = await startProxy(t, upstream.url, {
    plan: { addHeaders: ['X-Forwarded-User', 'alice'] },
  })
  await rawRequest(
    proxy.port,
    'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nx-forwarded-user: m1\r\nX_FORWARDED_USER: m2\r\n' +
      'X-Forwarded_User: m3\r\nX-Forwarded-User: m4\r\nX-FORWARDED-USER: m5\r\nX_Valetkey_Assertion: m6\r\n\r\n',
  )
  const { rawHeaders = [] } = upstream.requests[0] ?? {}
  t.equal(rawHeaders.filter((text) => /^m\d$/.test(text)).length, 0)
  t.equal(rawHeaders[rawHeaders.indexOf('X-Forwarded-User') + 1], 'alice')
})

t.test('CK-8 keeps its cookies from the upstream, and the upstream from its cookies', async (t) => {
  const upstream = await startUpstream((_request, response) => {
    response.setHeader('Set-Cookie', ['a=1', '__Host-valetkey=x; Path=/', 'b=2; HttpOnly'])
    response.setHeader('X-Valetkey-Answer', 'ERR_FAKE')
    response.end()
  })
  t.teardown(() => upstream.close())
  const proxy = await startProxy(t, upstream.url)
  const response = await request(proxy.url, {
    headers: { cookie: 'a="1; 2";  __Host-valetkey=ticket; b=%3B' },
  })
  t.same(response.headers['set-cookie'], ['a=1', 'b=2; HttpOnly'])
  t.equal(response.headers['x-valetkey-answer'], undefined)
  t.equal(upstream.requests[0]?.headers.cookie, 'a="1; 2"; b=%3B')
})

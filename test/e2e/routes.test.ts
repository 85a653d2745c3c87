import { createServer, type ServerHttp2Stream } from 'node:http2'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { startStack } from '../helpers/stack.js'
import { startUpstream } from '../helpers/upstream.js'
import { parseResponse, rawRequest } from '../proxy/raw-request.js'

t.setTimeout(120_000)

t.test('what a route says about the way to its upstream', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'valetkey-'))
  t.teardown(() => rm(folder, { recursive: true }))
  const socketPath = join(folder, 'app.sock')
  const local = await startUpstream(undefined, undefined, socketPath)
  const plain = await startUpstream()
  const grpc = createServer()
  grpc.on('stream', (stream: ServerHttp2Stream) => {
    stream.respond(
      { ':status': 200, 'content-type': 'application/grpc' },
      { waitForTrailers: true },
    )
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
    stream.resume().on('end', () => stream.end('answer'))
  })
  grpc.listen(0, '127.0.0.1')
  await once(grpc, 'listening')
  const address = grpc.address()
  const grpcPort = address !== null && typeof address === 'object' ? address.port : 0
  t.teardown(async () => {
    await local.close()
    await plain.close()
    grpc.close()
  })
  const { publicUrl } = await startStack(t, {
    config: {
      routes: [
        { match: { path: '/app/' }, upstream: local.url, forward: { stripPrefix: '/app' } },
        {
          match: { path: '/legacy/', methods: ['POST'] },
          upstream: `${plain.url}/old`,
          forward: { host: 'legacy.example' },
          maxBodyBytes: 5,
        },
        {
          match: { path: '/a.B/' },
          upstream: { url: `http://127.0.0.1:${grpcPort}`, http2: true },
        },
      ].map((route) => Object.assign(route, { auth: 'public' })),
    },
  })
  const { host, port } = new URL(publicUrl)
  const send = (line: string, headers: string, body = '') =>
    rawRequest(
      Number(port),
      `${line} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n${headers}\r\n${body}`,
    )

  await t.test('a unix socket without the prefix, which no client can claim', async (t) => {
    const text = await send('GET /app/a//b?c', 'X-Forwarded-Prefix: /mallory\r\n')
    const { url, headers } = JSON.parse(parseResponse(text).body)
    t.equal(url, '/a//b?c')
    t.equal(headers['x-forwarded-prefix'], '/app')
    t.equal(headers['x-forwarded-host'], host)
    t.equal(headers.host, host)
  })

  await t.test('HOP-10 refuses a path whose bytes do not begin with the prefix', async (t) => {
    for (const target of ['/%61pp/x', '//app/x', '/APP/x', '/app/../x']) {
      t.match(await send(`GET ${target}`, ''), /^HTTP\/1.1 400 /, target)
    }
  })

  await t.test('another host and a base path; no header replaces the method', async (t) => {
    const overrides =
      'X-HTTP-Method-Override: DELETE\r\nX_HTTP_Method: PUT\r\nX-Method-Override: x\r\n'
    const text = await send('POST /legacy/a', `${overrides}Content-Length: 5\r\n`, 'hello')
    const { url, headers } = JSON.parse(parseResponse(text).body)
    t.equal(url, '/old/legacy/a')
    t.match(headers, { host: 'legacy.example', 'x-forwarded-host': host })
    t.notMatch(Object.keys(headers).join(), /method/)
  })

  await t.test('BODY-5 a body that is too long', async (t) => {
    const text = await send('POST /legacy/a', 'Content-Length: 6\r\n', 'too lo')
    t.match(text, /^HTTP\/1.1 413 [^]*x-valetkey-answer: ERR_REQUEST_TOO_LARGE/i)
  })

  await t.test('HOP-7 gRPC, with its status behind the body', async (t) => {
    const head = 'TE: trailers\r\nContent-Type: application/grpc\r\nTransfer-Encoding: chunked\r\n'
    const text = await send('POST /a.B/C', head, '5\r\nhello\r\n0\r\n\r\n')
    t.match(text, /^HTTP\/1.1 200 OK\r\n[^]*\r\nanswer\r\n0\r\ngrpc-status: 0\r\n\r\n$/)
  })
})

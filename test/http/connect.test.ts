import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { connect } from 'node:tls'
import t, { type Test } from 'tap'
import { startAppInProcess } from '../helpers/app-in-process.js'
import { askHttp2, openHttp2 } from '../helpers/http2-client.js'
import { startUpstream } from '../helpers/upstream.js'
import { parseResponse, rawRequest, type RawResponse } from '../proxy/raw-request.js'
import { certificate, privateKey } from '../proxy/self-signed.js'

const upstream = await startUpstream()
t.teardown(() => upstream.close())
const routes = [{ auth: 'public', upstream: upstream.url }]
const ask = 'CONNECT x:443 HTTP/1.1\r\nHost: x:443\r\n\r\n'
// what is sent behind it is no request of anybody
const smuggled = 'GET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n'

function isRefused(t: Test, { status, headerLines, body }: RawResponse): void {
  t.equal(status, 405)
  const headers = headerLines.map((line) => line.toLowerCase().trim())
  t.ok(headers.includes('x-valetkey-answer: err_method_not_allowed'))
  t.ok(headers.some((line) => line.startsWith('content-type: application/problem+json')))
  t.ok(headers.includes('connection: close'))
  t.ok(headers.includes('allow:'), 'an authority takes no method')
  t.match(JSON.parse(body), { status: 405, code: 'ERR_METHOD_NOT_ALLOWED', request_id: /./ })
}

t.test('CONNECT gets 405 and no tunnel', async (t) => {
  const { port } = await startAppInProcess(t, { routes })
  for (const bytes of [ask, ask + smuggled, ask.replace('Host: x:443\r\n', '')]) {
    isRefused(t, parseResponse(await rawRequest(port, bytes)))
  }
  t.notMatch(
    await rawRequest(port, `GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n${ask}`),
    / 200 /,
    'behind a request that waits for its answer the connection is closed',
  )
  await upstream.connectionsClosed()
  t.notOk(upstream.requests.some(({ url }) => url === '/smuggled'))
})

t.test('CONNECT gets the same answer under TLS', async (t) => {
  const files = {
    certFile: join(t.testdir(), 'tls.crt'),
    keyFile: join(t.testdir(), 'tls.key'),
  }
  writeFileSync(files.certFile, certificate)
  writeFileSync(files.keyFile, privateKey)
  const { port } = await startAppInProcess(t, {
    publicUrl: 'https://localhost',
    tls: files,
    routes,
  })
  const socket = connect({ port, host: '127.0.0.1', ca: certificate, servername: 'localhost' })
  await once(socket, 'secureConnect')
  socket.write(ask + smuggled)
  isRefused(t, parseResponse(await text(socket)))
})

t.test('CONNECT over HTTP/2 gets it, too, and other streams go on', async (t) => {
  const { url } = await startAppInProcess(t, { routes })
  const client = await openHttp2(t, url)
  const { headers, body } = await askHttp2(client, { ':method': 'CONNECT', ':authority': 'x:443' })
  t.match(headers, {
    ':status': 405,
    'x-valetkey-answer': 'ERR_METHOD_NOT_ALLOWED',
    'content-type': /^application\/problem\+json/,
    allow: '',
  })
  t.match(JSON.parse(body), { code: 'ERR_METHOD_NOT_ALLOWED' })
  t.equal((await askHttp2(client, { ':authority': 'localhost' })).headers[':status'], 200)
})

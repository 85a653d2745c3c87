import { EventEmitter, once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createHttp2Server } from 'node:http2'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { request as send } from 'undici'
import type { Credentials } from '../../src/proxy/credentials.js'
import { listenOnLoopback } from '../helpers/listen.js'
import { startUpstream } from '../helpers/upstream.js'
import { openConnection, rawRequest } from './raw-request.js'
import { startRawServer } from './raw-server.js'
import { startProxy } from './start-proxy.js'

/** Credentials by number, which go on once an answer has the status 401. */
function createCounting() {
  const learnt: number[] = []
  let made = 0
  const credentials: Credentials = {
    headers: () => ['Authorization', 'DPoP token', 'DPoP', `proof ${++made}`],
    learn({ statusCode }) {
      learnt.push(statusCode)
      return statusCode === 401
    },
  }
  return { credentials, learnt }
}

/** An upstream that refuses so many requests, and a proxy with counting credentials. */
async function setUp(t: Parameters<typeof startProxy>[0], refusals: number) {
  const proofs: unknown[] = []
  const upstream = await startUpstream((request, response) => {
    proofs.push(request.headers['dpop'])
    request.resume()
    response.statusCode = proofs.length > refusals ? 200 : 401
    response.end(`answer ${proofs.length}`)
  })
  t.teardown(() => upstream.close())
  const counting = createCounting()
  const proxy = await startProxy(t, upstream.url, { plan: { credentials: counting.credentials } })
  return { ...counting, proofs, proxy, upstream }
}

t.test('DPOP-5 the credentials take the place of those of the client', async (t) => {
  const { proxy, upstream, learnt } = await setUp(t, 0)
  await fetch(proxy.url, { headers: { authorization: 'Bearer mine', dpop: 'mine' } })
  const [{ rawHeaders } = { rawHeaders: [] }] = upstream.requests
  const sent = rawHeaders.filter((_text, index) => {
    return index % 2 === 1 && /^(authorization|dpop)$/i.test(rawHeaders[index - 1] ?? '')
  })
  t.same(sent, ['DPoP token', 'proof 1'])
  t.same(learnt, [200], 'and learn from every answer')
})

t.test('DPOP-4 a refused request without a body is sent once more, with new ones', async (t) => {
  for (const method of ['GET', 'HEAD', 'DELETE', 'POST']) {
    const { proxy, proofs } = await setUp(t, 1)
    const response = await fetch(proxy.url, { method })
    t.equal(response.status, 200, method)
    t.equal(await response.text(), method === 'HEAD' ? '' : 'answer 2')
    t.same(proofs, ['proof 1', 'proof 2'])
  }
})

t.test('DPOP-4 but not a third time', async (t) => {
  const { proxy, proofs } = await setUp(t, 2)
  const response = await fetch(proxy.url)
  t.equal(response.status, 401)
  t.equal(await response.text(), 'answer 2')
  t.equal(proofs.length, 2)
})

t.test(
  'DPOP-4 a short body is sent once more, by HTTP/1.1 and HTTP/2, with a length or without',
  async (t) => {
    const form = 'a=b&'.repeat(8192)
    for (const http2 of [false, true]) {
      for (const body of [form, Readable.from([form.slice(0, 5), form.slice(5)])]) {
        const bodies: string[] = []
        const answer = async (incoming: IncomingMessage, response: ServerResponse) => {
          const received = await text(incoming)
          bodies.push(`${received.length} ${received === form}`)
          response.writeHead(bodies.length === 1 ? 401 : 200).end(`answer ${bodies.length}`)
        }
        const server = http2 ? createHttp2Server() : createServer()
        server.on('request', (incoming, response) => void answer(incoming, response))
        const port = await listenOnLoopback(t, server)
        const { credentials } = createCounting()
        const url = `http://127.0.0.1:${port}`
        const proxy = await startProxy(t, { url, http2 }, { plan: { credentials } })
        const response = await send(proxy.url, { method: 'POST', body })
        t.equal(await response.body.text(), 'answer 2')
        t.same(
          bodies,
          Array.from({ length: 2 }, () => `${form.length} true`),
        )
      }
    }
  },
)

t.test('DPOP-4 a body that is too long, or still on its way, is not sent again', async (t) => {
  const { proxy, proofs, learnt } = await setUp(t, 1)
  const refused = await fetch(proxy.url, { method: 'POST', body: 'x'.repeat(64 * 1024 + 1) })
  t.equal(refused.status, 401)
  t.equal(await refused.text(), 'answer 1')
  t.equal(proofs.length, 1)
  t.same(learnt, [401], 'yet the next request has what was learnt')

  const unfinished = await setUp(t, 1)
  const client = await openConnection(unfinished.proxy.port)
  client.socket.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nabc')
  t.match(await client.until('answer 1'), /^HTTP\/1.1 401 /)
  client.socket.destroy()
  t.equal(unfinished.proofs.length, 1)
})

t.test('DPOP-4 a client that leaves between the attempts ends the second', async (t) => {
  let attempts = 0
  const upstream = await startUpstream((_request, response) => {
    attempts += 1
    if (attempts === 1) response.writeHead(401).end()
    else leave.abort()
  })
  t.teardown(() => upstream.close())
  const leave = new AbortController()
  const { credentials } = createCounting()
  const proxy = await startProxy(t, upstream.url, { plan: { credentials } })
  await t.rejects(fetch(proxy.url, { signal: leave.signal }), { name: 'AbortError' })
  await upstream.connectionsClosed()
  t.equal(upstream.abortedRequests, 1)
  t.same(proxy.errors, [])
})

/** An opening handshake, and the agreement to it (RFC 6455 §1.3). */
const handshake =
  'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
  'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n'
const agreement =
  'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
  'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n'
const refusal = 'HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n'

t.test('DPOP-4 DPOP-5 a WebSocket is asked for once more, and keeps what came early', async (t) => {
  const proofs: unknown[] = []
  const frames = new EventEmitter()
  const early = once(frames, 'frame')
  const upstream = await startRawServer(t, (socket, head) => {
    proofs.push(/\r\nDPoP: (.*)\r\n/.exec(head)?.[1])
    if (proofs.length === 1) {
      socket.end(refusal)
      return
    }
    socket.once('data', (frame) => frames.emit('frame', frame.toString()))
    socket.write(agreement)
  })
  const { credentials, learnt } = createCounting()
  const proxy = await startProxy(t, upstream.url, { plan: { credentials } })
  const client = await openConnection(proxy.port)
  client.socket.write(`${handshake}too early`)
  t.match(await client.until('\r\n\r\n'), /^HTTP\/1.1 101 /)
  t.same(await early, ['too early'])
  client.socket.destroy()
  t.same(proofs, ['proof 1', 'proof 2'])
  t.same(learnt, [401, 101])
})

t.test('DPOP-4 a WebSocket that is refused twice is refused', async (t) => {
  const upstream = await startRawServer(t, (socket) => socket.end(refusal))
  const { credentials } = createCounting()
  const proxy = await startProxy(t, upstream.url, { plan: { credentials } })
  t.match(await rawRequest(proxy.port, handshake), /^HTTP\/1.1 401 /)
  t.equal(upstream.requests(), 2)
})

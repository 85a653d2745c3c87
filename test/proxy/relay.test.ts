import { once } from 'node:events'
import { createServer } from 'node:http'
import { promisify } from 'node:util'
import t from 'tap'
import { request } from 'undici'
import { startRelay } from '../../src/proxy/relay.js'
import { createResponseHeaders } from '../../src/proxy/response-headers.js'
import { listenOnLoopback } from '../helpers/listen.js'
import { openConnection, rawRequest } from './raw-request.js'

t.setTimeout(20_000)

const rules = { isAnswerHeader: () => false, isOwnCookie: () => false }
const context = { rules, responseHeaders: createResponseHeaders(rules) }

t.test('BODY-1 a client that does not take the rest of an answer is given up', async (t) => {
  // more than the buffers of two sockets take in
  const rest = Buffer.alloc(20 * 1024 * 1024)
  const server = createServer((_request, response) => {
    const head = { statusCode: 200, statusMessage: 'OK', rawHeaders: [] }
    const relay = startRelay(response, head, { context, idleMs: 200, onDrain: () => undefined })
    relay.write(rest)
    relay.end([])
  })
  const port = await listenOnLoopback(t, server)

  const stuck = await openConnection(port)
  const served = once(server, 'request')
  stuck.socket.pause()
  stuck.socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  const [, response] = await served
  await once(response, 'close')
  const connections = await promisify(server.getConnections.bind(server))()
  t.equal(connections, 0)
  stuck.socket.destroy()

  for (const time of ['once', 'again']) {
    const { body } = await request(`http://127.0.0.1:${port}/`, { reset: true })
    t.equal((await body.arrayBuffer()).byteLength, rest.length, `one that reads gets all, ${time}`)
  }
})

t.test('what is stopped in the moment of its end loses nothing', async (t) => {
  const server = createServer((_request, response) => {
    const head = { statusCode: 200, statusMessage: 'OK', rawHeaders: [] }
    const relay = startRelay(response, head, { context, idleMs: 0, onDrain: () => undefined })
    relay.write(Buffer.from('data: last'))
    relay.end([])
    relay.stop()
    response.end()
  })
  const port = await listenOnLoopback(t, server)
  const text = await rawRequest(port, 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
  t.match(text, 'data: last')
  t.match(text, /\r\n0\r\n\r\n$/)
})

t.test('a body that comes with its head arrives byte for byte, and so does the head', async (t) => {
  const body = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))
  const server = createServer((_request, response) => {
    const rawHeaders = ['X-Name', 'J\xf6rg', 'Content-Length', '256']
    const head = { statusCode: 200, statusMessage: 'OK', rawHeaders }
    const relay = startRelay(response, head, { context, idleMs: 0, onDrain: () => undefined })
    relay.write(body)
    relay.end([])
  })
  const port = await listenOnLoopback(t, server)
  const text = await rawRequest(port, 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
  t.match(text, 'X-Name: J\xf6rg\r\n')
  t.equal(text.slice(text.indexOf('\r\n\r\n') + 4), body.toString('latin1'))
})

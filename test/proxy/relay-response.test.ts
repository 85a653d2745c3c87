import { once } from 'node:events'
import { Readable } from 'node:stream'
import { promisify } from 'node:util'
import fastify from 'fastify'
import t from 'tap'
import { request } from 'undici'
import { relayResponse } from '../../src/proxy/relay-response.js'
import { openConnection } from './raw-request.js'

t.setTimeout(20_000)

t.test('BODY-1 a client that does not take the rest of an answer is given up', async (t) => {
  // more than the buffers of two sockets take in
  const rest = Buffer.alloc(20 * 1024 * 1024)
  const app = fastify()
  t.teardown(() => app.close())
  app.get('/', (_request, reply) => {
    const rules = { isAnswerHeader: () => false, isOwnCookie: () => false }
    const body = Readable.from([rest])
    const answer = { statusCode: 200, statusMessage: 'OK', rawHeaders: [], body }
    relayResponse(reply, answer, rules, 200, () => undefined)
    return reply
  })
  const { port } = new URL(await app.listen({ host: '127.0.0.1', port: 0 }))

  const stuck = await openConnection(Number(port))
  const served = once(app.server, 'request')
  stuck.socket.pause()
  stuck.socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  const [, response] = await served
  await once(response, 'close')
  const connections = await promisify(app.server.getConnections.bind(app.server))()
  t.equal(connections, 0)
  stuck.socket.destroy()

  for (const time of ['once', 'again']) {
    const { body } = await request(`http://127.0.0.1:${port}/`)
    t.equal((await body.arrayBuffer()).byteLength, rest.length, `one that reads gets all, ${time}`)
  }
})

import fastify from 'fastify'
import t from 'tap'
import { createBodyDeadline } from '../../src/http/body-deadline.js'
import { openConnection, parseResponse, rawRequest } from '../proxy/raw-request.js'

const head =
  'POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n'

t.test('BODY-5 a body that does not come in time is not waited for', async (t) => {
  const app = fastify()
  t.teardown(() => app.close())
  app.addHook('preParsing', createBodyDeadline(100))
  app.post('/', ({ body }) => ({ body }))
  const { port } = new URL(await app.listen({ host: '127.0.0.1', port: 0 }))
  // resolves only once the connection is closed
  const late = parseResponse(await rawRequest(Number(port), `${head}{`))
  t.equal(late.status, 408)

  const inTime = await openConnection(Number(port))
  t.teardown(async () => void inTime.socket.destroy())
  inTime.socket.write(`${head}{"a":`)
  inTime.socket.write('"bc"}')
  t.match(await inTime.until('"bc"'), /^HTTP\/1.1 200 /)
  inTime.socket.write(`${head}{"a":"de"}`)
  t.match(await inTime.until('"de"'), /200 /, 'and the connection goes on')
})

t.test('BODY-5 a body that was refused unread ends nothing but itself', async (t) => {
  const app = fastify({ bodyLimit: 5 })
  t.teardown(() => app.close())
  app.addHook('preParsing', createBodyDeadline(100))
  app.post('/', ({ body }) => ({ body }))
  const { port } = new URL(await app.listen({ host: '127.0.0.1', port: 0 }))
  const refused = await openConnection(Number(port))
  t.teardown(async () => void refused.socket.destroy())
  refused.socket.write(`${head}{"a"`)
  t.match(await refused.until('statusCode'), /^HTTP\/1.1 413 /)
  // Its deadline is later than that of the body before.
  const short = head.replace('Length: 10', 'Length: 5')
  const late = parseResponse(await rawRequest(Number(port), `${short}{`))
  t.equal(late.status, 408)
})

t.test('BODY-5 a large body that was refused unread lets the next request pass', async (t) => {
  const app = fastify({ bodyLimit: 5 })
  t.teardown(() => app.close())
  app.addHook('preParsing', createBodyDeadline(60_000))
  app.post('/', ({ body }) => ({ body }))
  app.get('/next', () => 'next one')
  const { port } = new URL(await app.listen({ host: '127.0.0.1', port: 0 }))
  const { socket, until } = await openConnection(Number(port))
  t.teardown(async () => void socket.destroy())
  const bytes = 1_000_000
  socket.write(
    `POST / HTTP/1.1\r\nHost: a\r\nContent-Type: text/x\r\nContent-Length: ${bytes}\r\n\r\n`,
  )
  socket.write('x'.repeat(bytes))
  socket.write('GET /next HTTP/1.1\r\nHost: a\r\n\r\n')
  t.match(await until('next one'), /^HTTP\/1.1 4[0-9]{2} /)
})

import { once } from 'node:events'
import { constants, type ServerHttp2Stream } from 'node:http2'
import { setImmediate as nextLoop } from 'node:timers/promises'
import t from 'tap'
import { request } from 'undici'
import { startHttp2Server } from './http2-server.js'
import { openConnection } from './raw-request.js'
import { startProxy } from './start-proxy.js'

t.test('an answer that comes before the body has gone up reaches the client', async (t) => {
  const server = await startHttp2Server(t, (stream) => {
    stream.respond({ ':status': 403 })
    stream.end('no', () => stream.close())
  })
  const proxy = await startProxy(t, { url: server.url, http2: true })
  const { socket, until } = await openConnection(proxy.port)
  socket.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9000000\r\n\r\nx')
  t.match(await until('\r\n\r\n2\r\nno\r\n'), /^HTTP\/1.1 403 /)
  socket.destroy()
})

t.test('what is left of a body after the answer is not kept waiting', async (t) => {
  const streams: ServerHttp2Stream[] = []
  const server = await startHttp2Server(t, (stream) => {
    streams.push(stream)
    stream.resume()
    stream.respond({ ':status': 403 })
    stream.end('no')
  })
  const proxy = await startProxy(t, { url: server.url, http2: true })
  const { socket, until } = await openConnection(proxy.port)
  socket.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9000000\r\n\r\nx')
  await until('no\r\n')
  const [stream] = streams
  if (stream && !stream.closed) await once(stream, 'close')
  t.equal(stream?.closed, true, 'its stream ends')
  t.equal((await request(proxy.url)).statusCode, 403)
  t.equal(server.sessions.length, 1, 'and the connection goes on')
  socket.destroy()
})

t.test('an answer that Valetkey gives instead ends the upload, and nothing else', async (t) => {
  const streams: ServerHttp2Stream[] = []
  const server = await startHttp2Server(t, (stream) => {
    streams.push(stream)
    stream.resume()
    stream.respond({ ':status': 401, 'www-authenticate': 'Bearer' })
    stream.write('no')
  })
  const asked: string[] = []
  const answerUnauthorized = (challenges: readonly string[]): boolean => {
    asked.push(...challenges)
    return true
  }
  const place = { url: server.url, http2: true }
  const proxy = await startProxy(t, place, { plan: { answerUnauthorized } })
  for (const attempt of [0, 1]) {
    const { socket } = await openConnection(proxy.port)
    socket.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9000000\r\n\r\nx')
    while (streams[attempt] === undefined) await nextLoop()
    await once(streams[attempt], 'close')
    t.equal(streams[attempt].rstCode, constants.NGHTTP2_CANCEL)
    socket.destroy()
  }
  t.same(asked, ['Bearer', 'Bearer'])
  t.equal(server.sessions.length, 1)
})

t.test('a client that goes ends its stream and nothing else', async (t) => {
  const streams: ServerHttp2Stream[] = []
  const arrivals: (() => void)[] = []
  const server = await startHttp2Server(t, (stream) => {
    streams.push(stream)
    arrivals.shift()?.()
  })
  const proxy = await startProxy(t, { url: server.url, http2: true })
  const arrived = new Promise<void>((resolve) => arrivals.push(resolve))
  const { socket } = await openConnection(proxy.port)
  socket.write('GET /a HTTP/1.1\r\nHost: a\r\n\r\n')
  await arrived
  const [first] = streams
  const closed = first && once(first, 'close')
  const again = new Promise<void>((resolve) => arrivals.push(resolve))
  const answer = request(`${proxy.url}/b`)
  await again
  socket.destroy()
  await closed
  t.equal(first?.rstCode, 8)
  streams[1]?.respond({ ':status': 200 }, { endStream: true })
  t.equal((await answer).statusCode, 200)
  t.equal(server.sessions.length, 1)
})

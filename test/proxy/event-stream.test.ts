import type { OutgoingHttpHeaders } from 'node:http'
import t, { type Test } from 'tap'
import { startUpstream } from '../helpers/upstream.js'
import { openConnection, parseResponse } from './raw-request.js'
import { startProxy } from './start-proxy.js'

const get = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'

/** A proxy before an application that begins a response with these headers and does not end it. */
async function startOpen(t: Test, headers: OutgoingHttpHeaders) {
  const upstream = await startUpstream((_request, response) => {
    response.writeHead(200, headers)
    response.write('data: 1\n\n')
  })
  t.teardown(() => upstream.close())
  const proxy = await startProxy(t, upstream.url)
  const connection = await openConnection(proxy.port)
  t.teardown(() => void connection.socket.destroy())
  return { upstream, proxy, ...connection }
}

t.test('an event stream can be closed: it ends, and the connection goes on', async (t) => {
  const type = 'Text/Event-Stream; charset=utf-8'
  const { upstream, proxy, socket, until } = await startOpen(t, { 'content-type': type })
  socket.write(get)
  await until('data: 1')
  t.equal(proxy.live.length, 1)
  const upstreamClosed = upstream.connectionsClosed()
  proxy.live[0]?.close('sessionEnded')
  t.match(parseResponse(await until('0\r\n\r\n')).body, /^data: 1\n\n$/)
  await proxy.live[0]?.closed
  await upstreamClosed
  t.equal(upstream.abortedRequests, 1)
  socket.write(get)
  await upstream.nextRequest()
  proxy.live[0]?.close('sessionEnded')
  t.equal(socket.destroyed, false, 'closing once more does nothing to what follows')
})

t.test('an event stream of a promised length is cut', async (t) => {
  const headers = { 'content-type': 'text/event-stream', 'content-length': '1000' }
  const { proxy, socket, until, received } = await startOpen(t, headers)
  socket.write(get)
  await until('data: 1')
  proxy.live[0]?.close('sessionEnded')
  await new Promise((resolve) => socket.once('close', resolve).once('end', () => socket.end()))
  t.match(received(), /data: 1\n\n$/)
})

t.test('an event stream whose client does not read is cut', async (t) => {
  const upstream = await startUpstream((_request, response) => {
    response.setHeader('content-type', 'text/event-stream')
    const fill = (): void => {
      while (!response.destroyed && response.write('data: 1\n\n'.repeat(1000)));
    }
    response.on('drain', fill)
    fill()
  })
  t.teardown(() => upstream.close())
  const proxy = await startProxy(t, upstream.url)
  const { socket, until } = await openConnection(proxy.port)
  socket.write(get)
  await until('data: 1')
  socket.pause()
  proxy.live[0]?.close('sessionEnded')
  await proxy.live[0]?.closed
  socket.destroy()
})

t.test('every other response is left to finish', async (t) => {
  for (const type of [
    'application/json',
    'application/x-ndjson',
    'text/event-streams',
    undefined,
  ]) {
    const headers = type === undefined ? {} : { 'content-type': type }
    const { proxy, socket, until } = await startOpen(t, headers)
    socket.write(get)
    await until('data: 1')
    t.equal(proxy.live.length, 0, type ?? 'no type')
    socket.destroy()
  }
})

t.test(
  'open event streams do not hold the closing, nor do those that begin during it',
  async (t) => {
    const upstream = await startUpstream((request, response) => {
      response.setHeader('content-type', 'text/event-stream')
      if (request.url === '/late') setImmediate(() => response.flushHeaders())
      else response.write('data: 1\n\n')
    })
    t.teardown(() => upstream.close())
    const proxy = await startProxy(t, upstream.url)
    const early = await openConnection(proxy.port)
    early.socket.write(get)
    await early.until('data: 1')
    const late = await openConnection(proxy.port)
    const arrived = upstream.nextRequest()
    late.socket.write(get.replace('/', '/late'))
    await arrived
    const closed = proxy.close()
    for (const { until, socket } of [early, late]) {
      await until('0\r\n\r\n')
      socket.destroy()
    }
    await closed
  },
)

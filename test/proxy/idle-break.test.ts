import { createServer, type Socket } from 'node:net'
import t from 'tap'
import { request } from 'undici'
import { listenOnLoopback } from '../helpers/listen.js'
import { startProxy } from './start-proxy.js'

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'

/**
 * Stands for an application whose idle connections end in the very moment of the next request, which no real server can
 * be made to do: answers the first request of each connection and leaves a later one to `meet`.
 */
async function startClosingServer(
  t: { teardown: (close: () => Promise<void>) => void },
  meet: (socket: Socket) => void,
) {
  const heads: string[] = []
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    let isUsed = false
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.on('data', (piece) => {
      heads.push(piece.toString('latin1').split('\r\n', 1)[0] ?? '')
      if (isUsed) meet(socket)
      else socket.write(ok)
      isUsed = true
    })
  })
  const port = await listenOnLoopback(t, server, sockets)
  return { url: `http://127.0.0.1:${port}`, heads, connections: () => sockets.size }
}

const breaks: Record<string, (socket: Socket) => void> = {
  reset: (socket) => socket.resetAndDestroy(),
  closed: (socket) => socket.destroy(),
}

t.test('HOP-9 repeats what may be repeated when an idle connection breaks', async (t) => {
  for (const [title, meet] of Object.entries(breaks)) {
    for (const method of ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'] as const) {
      const server = await startClosingServer(t, meet)
      const proxy = await startProxy(t, server.url)
      await (await request(proxy.url)).body.dump()
      const response = await request(`${proxy.url}/again`, { method })
      t.equal(response.statusCode, 200, `${method} ${title}`)
      await response.body.dump()
      t.same(server.heads.slice(1), Array(2).fill(`${method} /again HTTP/1.1`))
      t.equal(server.connections(), 2)
      await proxy.close()
    }
  }
})

t.test('HOP-9 repeats nothing else', async (t) => {
  const cases: [string, (socket: Socket) => void, Parameters<typeof request>[1]][] = [
    ['a method that changes something each time', breaks['reset'] ?? t.fail, { method: 'POST' }],
    ['a method that nobody knows', breaks['reset'] ?? t.fail, { method: 'PROPFIND' }],
    ['a body', breaks['reset'] ?? t.fail, { method: 'PUT', body: 'x' }],
    ['a response that has begun', (socket) => socket.end('HTTP/1.1 2'), { method: 'GET' }],
    [
      'an interim response',
      (socket) => socket.end('HTTP/1.1 103 Early Hints\r\n\r\n'),
      { method: 'GET' },
    ],
    [
      'a response that breaks off',
      (socket) => socket.write('HTTP/1.1 200 OK\r\n', () => socket.resetAndDestroy()),
      { method: 'GET' },
    ],
  ]
  for (const [title, meet, options] of cases) {
    const server = await startClosingServer(t, meet)
    const proxy = await startProxy(t, server.url)
    await (await request(proxy.url)).body.dump()
    const response = await request(proxy.url, options)
    t.equal(response.statusCode, 502, title)
    await response.body.dump()
    t.equal(server.heads.length, 2, title)
    await proxy.close()
  }
})

t.test('HOP-9 repeats once', async (t) => {
  let requests = 0
  const server = await startClosingServer(t, (socket) => socket.resetAndDestroy())
  const proxy = await startProxy(t, server.url)
  // two connections that idle: the repeated request may meet the second
  await Promise.all(
    [1, 2].map(async () => {
      requests += 1
      await (await request(proxy.url)).body.dump()
    }),
  )
  const { statusCode, body } = await request(proxy.url)
  await body.dump()
  t.ok(server.heads.length <= requests + 2, `${server.heads.length} requests`)
  t.ok(statusCode === 200 || statusCode === 502)
})

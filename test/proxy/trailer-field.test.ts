import t from 'tap'
import { parseResponse, rawRequest } from './raw-request.js'
import { startRawServer } from './raw-server.js'
import { startProxy } from './start-proxy.js'

t.test(
  'HOP-7 an answer that announces trailers where there can be none is passed on',
  async (t) => {
    const chunked = 'Transfer-Encoding: chunked\r\n\r\n'
    const whole = `${chunked}1\r\nx\r\n0\r\nX-T: 1\r\n\r\n`
    const cases = [
      { name: 'HEAD', line: 'HEAD / HTTP/1.1', answer: `200 OK\r\nTrailer: X-T\r\n${chunked}` },
      { name: '304', line: 'GET / HTTP/1.1', answer: '304 Not Modified\r\ntrailer: X-T\r\n\r\n' },
      { name: '204', line: 'GET / HTTP/1.1', answer: '204 No Content\r\nTrailer: X-T\r\n\r\n' },
      {
        name: 'a length',
        line: 'GET / HTTP/1.1',
        answer: '200 OK\r\nTrailer: X-T\r\nContent-Length: 1\r\n\r\nx',
      },
      { name: 'HTTP/1.0', line: 'GET / HTTP/1.0', answer: `200 OK\r\nTrailer: X-T\r\n${whole}` },
      { name: 'chunks', line: 'GET / HTTP/1.1', answer: `200 OK\r\nTrailer: X-T\r\n${whole}` },
    ]
    for (const { name, line, answer } of cases) {
      const server = await startRawServer(t, (socket) => socket.end(`HTTP/1.1 ${answer}`))
      const proxy = await startProxy(t, server.url, { timeouts: { idleMs: 2000 } })
      const text = await rawRequest(proxy.port, `${line}\r\nHost: a\r\nConnection: close\r\n\r\n`)
      const { status, body, headerLines } = parseResponse(text)
      t.equal(status, Number(answer.slice(0, 3)), name)
      t.equal(body, answer.endsWith('x') || answer.includes('X-T: 1') ? 'x' : '')
      t.equal(headerLines.includes('Trailer: X-T'), name === 'chunks')
      t.equal(text.endsWith('0\r\nX-T: 1\r\n\r\n'), name === 'chunks')
      t.same(proxy.errors, [])
    }
  },
)

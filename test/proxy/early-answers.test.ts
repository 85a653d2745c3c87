import { once } from 'node:events'
import t, { type Test } from 'tap'
import { startUpstream } from '../helpers/upstream.js'
import { startHastyUpstream } from './hasty-upstream.js'
import { openConnection, parseResponse } from './raw-request.js'
import { startProxy } from './start-proxy.js'

const length = 'Content-Length: 20000000\r\n\r\n'
const chunked = 'Transfer-Encoding: chunked\r\n\r\nf4240\r\n'
const piece = Buffer.alloc(64 * 1024)

/** Sends a part of a body; by the time that Valetkey has it, the upstream has answered and reset the connection. */
async function sendToHasty(t: Test, answer: string, head: string) {
  const upstream = await startHastyUpstream(t, answer)
  const proxy = await startProxy(t, upstream.url)
  const { socket, received } = await openConnection(proxy.port)
  t.teardown(async () => void socket.destroy())
  const asked = upstream.nextRequest()
  socket.write(`${head} / HTTP/1.1\r\nHost: a\r\n${head === 'POST' ? length : chunked}x`)
  await asked
  socket.write(piece)
  upstream.answerAndReset()
  await once(socket, 'end')
  return { text: received(), upstream, proxy }
}

t.test(
  'an answer that came before the connection broke reaches the client as it was',
  async (t) => {
    const answers = {
      413: 'HTTP/1.1 413 Too Big\r\nConnection: close\r\nX-A: 1\r\nContent-Length: 9\r\n\r\ntoo large',
      401: 'HTTP/1.1 401 Who\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nno\r\n0\r\n\r\n',
      403: 'HTTP/1.1 403 No\r\n\r\nnot here',
    }
    for (const [status, answer] of Object.entries(answers)) {
      for (const method of ['POST', 'PUT']) {
        const { text, upstream, proxy } = await sendToHasty(t, answer, method)
        const { statusLine, body, headerLines } = parseResponse(text)
        t.equal(statusLine, answer.slice(0, answer.indexOf('\r\n')), `${method} ${status}`)
        t.equal(body, { 413: 'too large', 401: 'no', 403: 'not here' }[status])
        t.ok(headerLines.includes('Connection: close'))
        t.equal(headerLines.includes('X-A: 1'), status === '413')
        t.equal(upstream.requests(), 1, 'asked once')
        t.same(proxy.errors, [])
      }
    }
  },
)

t.test('HOP-9 without an answer it is 502, and nothing is sent again', async (t) => {
  for (const answer of ['', 'HTTP/1.1 413 Too']) {
    const { text, upstream, proxy } = await sendToHasty(t, answer, 'PUT')
    t.match(text, /^HTTP\/1.1 502 [^]*ERR_UPSTREAM_RESET/)
    t.equal(upstream.requests(), 1)
    t.equal(proxy.errors.length, 1)
  }
})

t.test('a client that reads only once it has sent all gets the answer', async (t) => {
  const upstream = await startUpstream((incoming, response) => {
    response.writeHead(401, { connection: 'close' }).end('sign in')
    response.on('finish', () => incoming.socket.destroy())
  })
  t.teardown(() => upstream.close())
  const cases = { 'the upstream': {}, Valetkey: { maxBodyBytes: 5 } }
  for (const [whose, options] of Object.entries(cases)) {
    const proxy = await startProxy(t, upstream.url, options)
    const { socket, until } = await openConnection(proxy.port)
    socket.pause()
    socket.write(`POST / HTTP/1.1\r\nHost: a\r\n${length}`)
    const broken = await new Promise((resolve) => {
      socket.write(Buffer.alloc(20_000_000), resolve)
    })
    t.notOk(broken, `${whose}: all is taken`)
    socket.resume()
    const end = once(socket, 'end')
    t.match(await until(whose === 'Valetkey' ? 'TOO_LARGE' : 'sign in'), /^HTTP\/1.1 4(01|13) /)
    await end
    t.pass('and then the connection ends')
  }
})

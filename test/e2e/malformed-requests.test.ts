import t from 'tap'
import { signIn, startStack } from '../helpers/stack.js'
import { openConnection, parseResponse, rawRequest } from '../proxy/raw-request.js'

t.setTimeout(120_000)

t.test('what is no HTTP gets 400 with a name, and nothing of the inside', async (t) => {
  const stack = await startStack(t)
  const port = Number(new URL(stack.publicUrl).port)
  const host = `Host: localhost:${port}\r\n`
  const requests = {
    garbage: '\x00\x01\r\n\r\n',
    'an unknown method': `FOO / HTTP/1.1\r\n${host}\r\n`,
    'two lengths': `POST / HTTP/1.1\r\n${host}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    'a chunk without a size': `POST /oauth2/callback HTTP/1.1\r\n${host}Content-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n`,
    'a header line without a colon': `GET / HTTP/1.1\r\n${host}nothing\r\n\r\n`,
  }
  for (const [name, bytes] of Object.entries(requests)) {
    const text = await rawRequest(port, bytes)
    const { status, headerLines, body } = parseResponse(text)
    t.equal(status, 400, name)
    t.ok(headerLines.includes('x-valetkey-answer: ERR_REQUEST'), name)
    t.ok(headerLines.includes('Cache-Control: no-store'), name)
    const problem = { title: 'Bad Request', status: 400, detail: /malformed/, code: 'ERR_REQUEST' }
    t.match(JSON.parse(body), { ...problem, request_id: /^[0-9a-f]{10}-/ }, name)
    t.notMatch(text, /node:|\.js:|HPE_|Error/, name)
  }
})

t.test('header fields beyond the limit get 431 with what to do about it', async (t) => {
  const stack = await startStack(t)
  const { host, port } = new URL(stack.publicUrl)
  const head = `GET / HTTP/1.1\r\nHost: ${host}\r\nCookie: a=${'x'.repeat(20_000)}\r\n\r\n`
  const { status, body } = parseResponse(await rawRequest(Number(port), head))
  t.equal(status, 431)
  const code = 'ERR_REQUEST_HEADERS_TOO_LARGE'
  t.match(JSON.parse(body), { status, code, detail: /cookies/, request_id: /./ })
})

t.test('bytes that are no request never get into an answer that is under way', async (t) => {
  const stack = await startStack(t)
  const { client } = await signIn(stack, 'alice')
  const { host, port } = new URL(stack.publicUrl)
  const connection = await openConnection(Number(port))
  t.teardown(() => connection.socket.destroy())
  connection.socket.write(
    `GET /events?count=1000000 HTTP/1.1\r\nHost: ${host}\r\nCookie: ${client.cookieFor(stack.publicUrl)}\r\n\r\n`,
  )
  await connection.until('data: 1')
  connection.socket.write('\x00garbage\r\n\r\n')
  await new Promise((resolve) => connection.socket.once('end', resolve).once('close', resolve))
  t.equal(connection.received().match(/HTTP\/1\.1 /g)?.length, 1)
})

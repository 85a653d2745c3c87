import t from 'tap'
import { signIn, startStack } from '../helpers/stack.js'
import { openConnection, parseResponse, rawRequest } from '../proxy/raw-request.js'

t.setTimeout(120_000)

t.test('HOP-6 an expectation that nobody knows is refused', async (t) => {
  const stack = await startStack(t)
  const { client } = await signIn(stack, 'alice')
  const { host, port } = new URL(stack.publicUrl)
  stack.upstream.forget()
  for (const expectation of ['miracles', '100-continue, miracles']) {
    const text = await rawRequest(
      Number(port),
      `GET / HTTP/1.1\r\nHost: ${host}\r\nCookie: ${client.cookieFor(stack.publicUrl)}\r\nExpect: ${expectation}\r\n\r\n`,
    )
    const { status, headerLines } = parseResponse(text)
    t.equal(status, 417)
    t.ok(headerLines.includes('x-valetkey-answer: ERR_REQUEST_EXPECTATION'))
  }
  t.equal(stack.upstream.requests.length, 0)
})

t.test('HOP-6 only who may send a body is told to go on with it', async (t) => {
  const stack = await startStack(t)
  const { client } = await signIn(stack, 'alice')
  const { host, port } = new URL(stack.publicUrl)
  const head = `POST / HTTP/1.1\r\nHost: ${host}\r\nExpect: 100-continue\r\nContent-Length: 4\r\n`
  const stranger = await rawRequest(Number(port), `${head}\r\n`)
  t.equal(parseResponse(stranger).status, 401, 'and the connection ends, as no body follows')

  const alice = await openConnection(Number(port))
  t.teardown(() => alice.socket.destroy())
  alice.socket.write(`${head}Cookie: ${client.cookieFor(stack.publicUrl)}\r\n\r\n`)
  t.equal(await alice.until('\r\n\r\n'), 'HTTP/1.1 100 Continue\r\n\r\n')
  alice.socket.write('body')
  t.match(await alice.until('bodyLength'), /HTTP\/1.1 200 /)
})

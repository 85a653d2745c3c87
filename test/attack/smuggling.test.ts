import t from 'tap'
import { startAppInProcess } from '../helpers/app-in-process.js'
import { startUpstream } from '../helpers/upstream.js'
import { openConnection, parseResponse, rawRequest } from '../proxy/raw-request.js'
import { startRawServer } from '../proxy/raw-server.js'

const upstream = await startUpstream()
t.teardown(() => upstream.close())
const logged: string[] = []
const valetkey = await startAppInProcess(
  t,
  { routes: [{ auth: 'public', upstream: upstream.url }] },
  { log: { write: (line) => void logged.push(line) } },
)

const post = (fields: string, body = '') => `POST / HTTP/1.1\r\nHost: a\r\n${fields}\r\n${body}`
const get = (fields: string) => `GET / HTTP/1.1\r\nHost: a\r\n${fields}\r\n`
const chunked = (body: string) => post('Transfer-Encoding: chunked\r\n', body)
const end = '0\r\n\r\n'
/** What stands behind each request, for a reader that takes it for another one. */
const smuggled = 'GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n'

const refused: Record<string, Record<string, string>> = {
  'SMU-1': {
    'a length, then chunks': post('Content-Length: 5\r\nTransfer-Encoding: chunked\r\n', end),
    'chunks, then a length': post('Transfer-Encoding: chunked\r\nContent-Length: 5\r\n', end),
    'a length of 0': post('Content-Length: 0\r\nTransfer-Encoding: chunked\r\n', end),
    'a coding nobody knows': post('Content-Length: 1\r\nTransfer-Encoding: x\r\n', 'x'),
  },
  'SMU-2': {
    'a space before the colon': post('Transfer-Encoding : chunked\r\n', end),
    'a prefix': post('Transfer-Encoding: xchunked\r\n', end),
    'a suffix': post('Transfer-Encoding: chunkedx\r\n', end),
    quotes: post('Transfer-Encoding: "chunked"\r\n', end),
    'a vertical tab': post('Transfer-Encoding: \x0bchunked\r\n', end),
    'a NUL': post('Transfer-Encoding: chunked\0\r\n', end),
    'a comma': post('Transfer-Encoding: chunked,\r\n', end),
    twice: post('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n', end),
    'twice in one': post('Transfer-Encoding: chunked, chunked\r\n', end),
    'not at the end': post('Transfer-Encoding: chunked, identity\r\n', end),
    'not alone': post('Transfer-Encoding: identity, chunked\r\n', end),
    'packed as well': post('Transfer-Encoding: gzip, chunked\r\n', end),
    identity: post('Transfer-Encoding: identity\r\n'),
    nothing: post('Transfer-Encoding:\r\n', end),
    folded: post('Transfer-Encoding:\r\n chunked\r\n', end),
    'a good and a bad one': post('Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n', end),
    'a bad and a good one': post('Transfer-Encoding: x\r\nTransfer-Encoding: chunked\r\n', end),
  },
  'SMU-3': {
    'the same twice': post('Content-Length: 1\r\nContent-Length: 1\r\n', 'x'),
    'two of them': post('Content-Length: 1\r\nContent-Length: 2\r\n', 'x'),
    'a list': post('Content-Length: 1, 1\r\n', 'x'),
    'a plus': post('Content-Length: +1\r\n', 'x'),
    'a minus': post('Content-Length: -1\r\n', 'x'),
    hexadecimal: post('Content-Length: 0x1\r\n', 'x'),
    'a fraction': post('Content-Length: 1.0\r\n', 'x'),
    'a space': post('Content-Length: 1 1\r\n', 'x'),
    nothing: post('Content-Length:\r\n'),
    'beyond 64 bits': post('Content-Length: 99999999999999999999\r\n', 'x'),
    'a space before the colon': post('Content-Length : 1\r\n', 'x'),
  },
  'SMU-4': {
    'Host with a space': 'GET / HTTP/1.1\r\nHost : a\r\n\r\n',
    'any header with a space': get('X-A : 1\r\n'),
    'any header with a tab': get('X-A\t: 1\r\n'),
  },
  'SMU-5': {
    'a space': get('X-A: 1\r\n 2\r\n'),
    'a tab': get('X-A: 1\r\n\t2\r\n'),
    'the first line': 'GET / HTTP/1.1\r\n Host: a\r\n\r\n',
  },
  'SMU-6': {
    'a bare CR in a value': get('X-A: 1\rX-B: 2\r\n'),
    'a bare CR in the request line': 'GET /\rx HTTP/1.1\r\nHost: a\r\n\r\n',
    'a bare LF in a value': get('X-A: 1\nX-B: 2\r\n'),
    'bare LFs': 'GET / HTTP/1.1\nHost: a\n\n',
    'a bare LF at the end': 'GET / HTTP/1.1\r\nHost: a\r\n\n',
    'a space in front': ` ${get('')}`,
    'a space within the target': 'GET /a b HTTP/1.1\r\nHost: a\r\n\r\n',
    'a NUL in a value': get('X-A: 1\x002\r\n'),
    'a NUL in a name': get('X\0A: 1\r\n'),
    'a byte beyond ASCII in a name': get('X\xe9: 1\r\n'),
    'no name': get(': 1\r\n'),
    'the name of a pseudo-header': get(':authority: b\r\n'),
    'a header without a colon': get('X-A\r\n'),
    'HTTP/0.9': 'GET /\r\n\r\n',
    'HTTP/1.2': 'GET / HTTP/1.2\r\nHost: a\r\n\r\n',
    'HTTP/2.0 in plain text': 'GET / HTTP/2.0\r\nHost: a\r\n\r\n',
    'a version in small letters': 'GET / http/1.1\r\nHost: a\r\n\r\n',
  },
  'SMU-7': {
    none: 'GET / HTTP/1.1\r\n\r\n',
    'none under HTTP/1.0': 'GET / HTTP/1.0\r\n\r\n',
    two: get('Host: a\r\n'),
    'two that differ': get('Host: b\r\n'),
    'user information': 'GET / HTTP/1.1\r\nHost: me@a\r\n\r\n',
    'a path': 'GET / HTTP/1.1\r\nHost: a/b\r\n\r\n',
    'an absolute form with another host': 'GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n',
  },
  'SMU-8': {
    'a minus': chunked(`-1\r\nx\r\n${end}`),
    'a plus': chunked(`+1\r\nx\r\n${end}`),
    '0x': chunked(`0x1\r\nx\r\n${end}`),
    'a size beyond 64 bits': chunked(`fffffffffffffffff1\r\nx\r\n${end}`),
    'no size': chunked(`\r\nx\r\n${end}`),
    'a space behind the size': chunked(`1 \r\nx\r\n${end}`),
    'bare LFs': chunked('1\nx\n0\n\n'),
    'a longer chunk than it said': chunked(`1\r\nxy\r\n${end}`),
    'a bare LF in an extension': chunked(`1;a\nb\r\nx\r\n${end}`),
    'a bare CR in an extension': chunked(`1;a\rb\r\nx\r\n${end}`),
    'an extension of 20 KB': chunked(`1;a=${'b'.repeat(20_000)}\r\nx\r\n${end}`),
    'a trailer that is none': chunked('0\r\nbad\r\n\r\n'),
  },
  'SMU-10': {
    'chunks under HTTP/1.0':
      'POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n0\r\n\r\n',
  },
}

for (const [id, requests] of Object.entries(refused)) {
  t.test(`${id} is refused, and what follows is not read`, async (t) => {
    for (const [name, bytes] of Object.entries(requests)) {
      // resolves only once the connection is closed
      const text = await rawRequest(valetkey.port, bytes + smuggled)
      const { status, headerLines } = parseResponse(text)
      t.ok(status === 400 || (name.includes('20 KB') && status === 413), `${name}: ${status}`)
      t.ok(
        headerLines.some((line) => /^connection: close$/i.test(line)),
        name,
      )
      t.equal(text.match(/HTTP\/1\.1 /g)?.length, 1, `${name}: one answer`)
    }
    // another request, so that whatever came before it has got there
    await rawRequest(valetkey.port, get('Connection: close\r\n'))
    t.notOk(upstream.requests.some(({ url }) => url === '/smuggled'))
  })
}

t.test('SMU-1 SMU-8 good requests pass all the same', async (t) => {
  const good = {
    'a coding in capitals': post('Transfer-Encoding: Chunked\r\n', end),
    'an extension, and trailers': chunked('1;a=b\r\nx\r\n0\r\nX-Forwarded-User: mallory\r\n\r\n'),
    'an empty line in front': `\r\n${get('')}`,
    'an absolute form': 'GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n',
  }
  for (const [name, bytes] of Object.entries(good)) {
    upstream.forget()
    const { socket, until } = await openConnection(valetkey.port)
    socket.write(bytes)
    t.match(await until('bodySha256'), /^HTTP\/1.1 200 /, name)
    t.notOk('x-forwarded-user' in (upstream.requests[0]?.headers ?? {}), 'trailers stay here')
    socket.destroy()
  }
})

t.test('BODY-5 headers beyond 16 KB are refused', async (t) => {
  const text = await rawRequest(valetkey.port, get(`X-A: ${'a'.repeat(20_000)}\r\n`) + smuggled)
  t.match(text, /^HTTP\/1.1 431 [^]*ERR_REQUEST_HEADERS_TOO_LARGE/)
})

t.test('SMU-9 an answer before the end of the body ends the connection', async (t) => {
  const early = await startRawServer(t, (socket) =>
    socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno'),
  )
  const before = await startAppInProcess(t, {
    routes: [{ auth: 'public', upstream: early.url }],
  })
  const text = await rawRequest(before.port, post('Content-Length: 100\r\n', smuggled))
  t.match(text, /^HTTP\/1.1 403 /)
  t.match(text, /connection: close/i)
  t.equal(text.match(/HTTP\/1\.1 /g)?.length, 1)
})

const answers: Record<string, string> = {
  'SMU-1 a length and chunks':
    'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  'SMU-1 chunks and a length':
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n',
  'SMU-2 a coding nobody knows': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n',
  'SMU-2 not at the end':
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n',
  'SMU-2 packed as well': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n',
  'SMU-3 two lengths': 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxy',
  'SMU-3 a list': 'HTTP/1.1 200 OK\r\nContent-Length: 1, 1\r\n\r\nx',
  'SMU-3 a minus': 'HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nx',
  'SMU-3 a plus': 'HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\nx',
  'SMU-3 beyond 64 bits': 'HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\nx',
  'SMU-4 a space before the colon': 'HTTP/1.1 200 OK\r\nContent-Length : 1\r\n\r\nx',
  'SMU-5 a folded line': 'HTTP/1.1 200 OK\r\nX-A: 1\r\n 2\r\nContent-Length: 1\r\n\r\nx',
  'SMU-6 a bare CR': 'HTTP/1.1 200 OK\r\nX-A: 1\rX-B: 2\r\nContent-Length: 1\r\n\r\nx',
  'SMU-6 a bare LF': 'HTTP/1.1 200 OK\r\nX-A: 1\nX-B: 2\r\nContent-Length: 1\r\n\r\nx',
  'SMU-6 a NUL': 'HTTP/1.1 200 OK\r\nX-A: 1\x002\r\nContent-Length: 1\r\n\r\nx',
}

t.test(
  'SMU-1 SMU-6 an answer of the upstream that can be read in two ways is never passed on',
  async (t) => {
    let answer = ''
    const server = await startRawServer(t, (socket) => socket.end(Buffer.from(answer, 'latin1')))
    const before = await startAppInProcess(t, {
      routes: [{ auth: 'public', upstream: server.url }],
    })
    for (const [name, bytes] of Object.entries(answers)) {
      answer = bytes
      const text = await rawRequest(before.port, get('Connection: close\r\n'))
      t.match(text, /^HTTP\/1.1 502 /, `${name}: ${text.split('\r\n', 1)[0]}`)
    }
  },
)

t.test(
  'the log tells that a body could be read in several ways, and the answer does not',
  async (t) => {
    const request = post('Transfer-Encoding: gzip, chunked\r\n', end)
    t.match(await rawRequest(valetkey.port, request), /x-valetkey-answer: ERR_REQUEST\r/i)
    t.match(JSON.parse(logged.findLast((line) => line.includes('request refused')) ?? '{}'), {
      code: 'ERR_REQUEST_FRAMING',
    })
  },
)

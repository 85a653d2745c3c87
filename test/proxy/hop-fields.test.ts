import t from 'tap'
import { startUpstream } from '../helpers/upstream.js'
import { parseResponse, rawRequest } from './raw-request.js'
import { startProxy } from './start-proxy.js'

const head = (lines: string, method = 'GET') =>
  `${method} / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${lines}\r\n`

t.test('HOP-3 Via is extended on the way up, and left alone on the way down', async (t) => {
  const upstream = await startUpstream((_request, response) => {
    response.writeHead(200, { via: '1.1 inner' }).end()
  })
  t.teardown(() => upstream.close())
  const { port } = await startProxy(t, upstream.url)
  const { headerLines } = parseResponse(await rawRequest(port, head('Via: 1.0 fred, 1.1 p\r\n')))
  t.match(upstream.requests[0]?.headers.via, /^1\.0 fred, 1\.1 p, 1\.1 valetkey-[0-9a-f]{10}$/)
  t.same(
    headerLines.filter((line) => /^via/i.test(line)),
    ['via: 1.1 inner'],
  )
  await rawRequest(port, 'GET / HTTP/1.0\r\nHost: a\r\n\r\n')
  t.match(upstream.requests[1]?.headers.via, /^1\.0 valetkey-/, 'which is what the client spoke')
})

t.test('HOP-3 a request that comes back is not sent round again', async (t) => {
  const upstream = await startUpstream()
  t.teardown(() => upstream.close())
  const first = await startProxy(t, upstream.url)
  const second = await startProxy(t, first.url)
  t.match(await rawRequest(second.port, head('')), /^HTTP\/1.1 200 /, 'two of them are no loop')
  const { via = '' } = upstream.requests[0]?.headers ?? {}
  for (const { port } of [first, second]) {
    t.match(await rawRequest(port, head(`Via: ${via}\r\n`)), /^HTTP\/1.1 508 [^]*ERR_UPSTREAM_LOOP/)
  }
  t.equal(upstream.requests.length, 1)
})

t.test('HOP-4 OPTIONS goes as far as Max-Forwards says', async (t) => {
  const upstream = await startUpstream()
  t.teardown(() => upstream.close())
  const { port } = await startProxy(t, upstream.url)
  t.match(await rawRequest(port, head('Max-Forwards: 0\r\n', 'OPTIONS')), /^HTTP\/1.1 204 /)
  t.equal(upstream.requests.length, 0)
  const passed: [method: string, sent: string, arrived: string][] = [
    ['OPTIONS', '1', '0'],
    ['OPTIONS', '10', '9'],
    ['OPTIONS', 'x', 'x'],
    ['GET', '0', '0'],
  ]
  for (const [method, sent, arrived] of passed) {
    upstream.forget()
    await rawRequest(port, head(`Max-Forwards: ${sent}\r\n`, method))
    t.equal(upstream.requests[0]?.headers['max-forwards'], arrived, `${method} ${sent}`)
  }
})

t.test('TRC-1 traceparent and tracestate arrive as they go on', async (t) => {
  const upstream = await startUpstream()
  t.teardown(() => upstream.close())
  const { port } = await startProxy(t, upstream.url)
  const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`
  await rawRequest(
    port,
    head(`traceparent: ${traceparent}\r\nTracestate: a=1\r\ntracestate: b=2\r\n`),
  )
  await rawRequest(
    port,
    head(`traceparent: x\r\ntraceparent: ${traceparent}\r\ntracestate: a=1\r\n`),
  )
  await rawRequest(port, head('tracestate: a=1\r\n'))
  const [first, second, third] = upstream.requests
  t.match(first?.headers['traceparent'], /^00-a{32}-(?!b{16})[0-9a-f]{16}-01$/)
  t.equal(first?.headers['tracestate'], 'a=1,b=2')
  t.match(second?.headers['traceparent'], /^00-(?!a{32})[0-9a-f]{32}-/)
  t.equal(second?.headers['tracestate'], undefined)
  t.notHas(third?.headers, { traceparent: String, tracestate: String })
})

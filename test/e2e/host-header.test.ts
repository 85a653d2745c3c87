import t from 'tap'
import { asNavigation, signIn, startStack } from '../helpers/stack.js'
import { parseResponse, rawRequest } from '../proxy/raw-request.js'

t.setTimeout(120_000)

t.test('a request that does not name exactly one plain host is refused everywhere', async (t) => {
  const stack = await startStack(t, { config: { trustedProxies: ['127.0.0.1'] } })
  const { client } = await signIn(stack, 'alice')
  const cookie = `Cookie: ${client.cookieFor(stack.publicUrl)}\r\n`
  const { host, port } = new URL(stack.publicUrl)
  stack.upstream.forget()

  const hosts: Record<string, string> = {
    none: '',
    empty: 'Host:\r\n',
    'user information': `Host: me@${host}\r\n`,
    'a path': `Host: ${host}/x\r\n`,
    'a port that is none': 'Host: localhost:99999\r\n',
    'a list': `Host: ${host}, other\r\n`,
    'bytes beyond ASCII': 'Host: b\xfccher.example\r\n',
    'two of them': `Host: ${host}\r\nHost: other.example\r\n`,
    'the same twice': `Host: ${host}\r\nhost: ${host}\r\n`,
    'a good one from a trusted proxy only': `Host: a b\r\nX-Forwarded-Host: ${host}\r\n`,
  }
  for (const [name, lines] of Object.entries(hosts)) {
    for (const version of ['1.1', '1.0']) {
      for (const path of ['/', '/oauth2/session', '/oauth2/start']) {
        const text = await rawRequest(
          Number(port),
          `GET ${path} HTTP/${version}\r\n${lines}${cookie}\r\n`,
        )
        const { status, headerLines } = parseResponse(text)
        const what = `${name}, HTTP/${version}, ${path}`
        t.equal(status, 400, what)
        t.ok(headerLines.includes('x-valetkey-answer: ERR_REQUEST'), what)
        t.notMatch(text, /set-cookie/i, what)
      }
    }
  }
  t.equal(stack.upstream.requests.length, 0)
  const page = await client(`${stack.publicUrl}/`, { headers: asNavigation })
  t.equal(page.status, 200, 'the session is as it was')
})

import t from 'tap'
import { signIn, startStack } from '../helpers/stack.js'
import { startUpstream } from '../helpers/upstream.js'
import { parseResponse, rawRequest } from '../proxy/raw-request.js'

t.setTimeout(60_000)

const form = 'Content-Type: application/x-www-form-urlencoded\r\n'
const navigation = 'Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\nAccept: text/html\r\n'

// RFC 9112 §6.3: without either header the body is empty, and nobody waits for it.
t.test('a POST that announces no body is one with an empty body', async (t) => {
  const upstream = await startUpstream()
  t.teardown(() => upstream.close())
  const stack = await startStack(t, {
    config: { routes: [{ match: { path: '/' }, upstream: upstream.url, keepForms: true }] },
  })
  const { host, port } = new URL(stack.publicUrl)
  const { client } = await signIn(stack, 'alice')
  const session = `Cookie: ${client.cookieFor(stack.publicUrl)}\r\n`

  async function post(path: string, headers: string) {
    const head = `POST ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n${headers}\r\n`
    const { status, headerLines } = parseResponse(await rawRequest(Number(port), head))
    const line = headerLines.find((each) => /^x-valetkey-answer:/i.test(each))
    return { status, answer: line?.split(': ')[1] }
  }

  t.match(await post('/oauth2/backchannel-logout', form), { status: 400 })
  t.match(await post('/oauth2/backchannel-logout', ''), { status: 400 })
  const waiting = form + navigation + 'Sec-Fetch-Site: same-origin\r\n'
  t.match(await post('/save', waiting), { status: 303, answer: 'FORM_KEPT' })
  t.match(await post('/save', session), { status: 200, answer: undefined })
  t.match(upstream.requests.at(-1), { method: 'POST', url: '/save' })
  t.match(await post('/oauth2/sign_out', session + form), { status: 303 })
})

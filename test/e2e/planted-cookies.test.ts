import t from 'tap'
import { createTicket, formatTicket } from '../../src/session/ticket.js'
import { asNavigation, signIn, startStack } from '../helpers/stack.js'
import { parseEcho } from '../helpers/upstream.js'
import { parseResponse, rawRequest } from '../proxy/raw-request.js'

t.setTimeout(120_000)

const bogus = () => `valetkey=${formatTicket(createTicket())}`

// A sibling host can set cookies for the domain; one with a longer path comes first.
t.test('CK-6 a session cookie that somebody planted locks nobody out', async (t) => {
  const stack = await startStack(t)
  const { publicUrl } = stack
  const { client } = await signIn(stack, 'alice')
  const good = /valetkey=[^;]+/.exec(client.cookieFor(publicUrl))?.[0] ?? ''
  const { host, port } = new URL(publicUrl)

  async function ask(path: string, cookies: readonly string[]) {
    const fields = cookies.map((each) => `Cookie: ${each}\r\n`).join('')
    const fromHere = { ...asNavigation, 'sec-fetch-site': 'same-origin' }
    const others = Object.entries(fromHere).map(([name, value]) => `${name}: ${value}\r\n`)
    const head = `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n`
    return parseResponse(await rawRequest(Number(port), `${head}${fields}${others.join('')}\r\n`))
  }

  for (const cookies of [
    [`${bogus()}; ${good}`],
    [bogus(), good],
    [`${bogus()}; valetkey=x; ${bogus()}; ${good}`],
    [`${good}; ${bogus()}`],
    [`valetkey=x; ${good}`],
    [`${good}; valetkey=x`],
    [`valetkey=; a=1; valetkey="x"; ${good}`],
    ['valetkey=x', `${good}; a=1`],
    [good, 'valetkey=x; a=1'],
  ]) {
    const { status, body } = await ask('/', cookies)
    t.equal(status, 200, cookies.join(' | ').replace(good, 'valetkey=<good>'))
    t.notMatch(parseEcho(body).headers.cookie, /valetkey/)
    t.equal((await ask('/oauth2/userinfo', cookies)).status, 200)
  }

  t.equal((await ask('/', [bogus(), bogus()])).status, 302, 'tickets of no session open nothing')
  const { status } = await ask('/oauth2/sign_out', [`${bogus()}; ${good}`])
  t.equal(status, 302)
  t.equal((await ask('/oauth2/userinfo', [good])).status, 401, 'the session has ended')
})

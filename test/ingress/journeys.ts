import { once } from 'node:events'
import type { Test } from 'tap'
import { WebSocket } from 'ws'
import type { JarFetch } from '../helpers/jar-fetch.js'
import { spoofedHeaderLines } from '../helpers/spoofed-headers.js'
import { asNavigation, signIn } from '../helpers/stack.js'
import { parseEcho, type SeenRequest } from '../helpers/upstream.js'
import { certificate } from '../proxy/self-signed.js'
import type { Site } from './site.js'

/**
 * What people, programs and attackers go through at an ingress, in this order, since the last one takes the
 * store away.
 */
export async function travel(
  t: Test,
  site: Site,
  expected: { readonly withoutValetkey: 502 | 503 },
): Promise<void> {
  await t.test('ING-1 ING-2 somebody signs in, and the application knows who', (t) =>
    signsIn(t, site),
  )
  await t.test('ING-1 ING-2 who lacks the group gets 403', (t) => isDenied(t, site))
  await t.test('ING-4 a refresh goes unnoticed and needs no cookie', (t) => isRefreshed(t, site))
  await t.test('ING-5 nobody brings an identity or an address along', (t) => spoofs(t, site))
  await t.test('ING-5 nobody outside can ask what the ingress asks', (t) => asks(t, site))
  await t.test('ING-6 no spelling of a path leads past its rule', (t) => detours(t, site))
  await t.test('ING-7 ING-8 a body passes once, and never without a session', (t) => posts(t, site))
  await t.test('a WebSocket is opened with a session only', (t) => opensWebSocket(t, site))
  await t.test('signing out ends it', (t) => signsOut(t, site))
  await t.test('ING-2 a session that is gone leads to a login', (t) => expires(t, site))
  await t.test('ING-1 ING-3 without Redis nobody gets in, and the answer is 503', (t) =>
    losesRedis(t, site),
  )
  await t.test('ING-1 ING-3 without Valetkey nobody gets in', (t) =>
    losesValetkey(t, site, expected.withoutValetkey),
  )
}

async function echoOf(client: JarFetch, url: string) {
  return parseEcho(await (await client(url)).text())
}

async function signsIn(t: Test, { publicUrl, newClient, provider }: Site): Promise<void> {
  const client = newClient()
  const refused = await client(`${publicUrl}/api/things`)
  t.equal(refused.status, 401)
  t.equal(refused.headers.get('set-cookie'), null, 'no cookie on a 401')
  t.equal(refused.headers.get('location'), null)

  const { landed } = await signIn({ publicUrl }, 'alice', { client, path: '/page?x=1&y=a%20b' })
  t.equal(landed, `${publicUrl}/page?x=1&y=a%20b`)
  const { url, headers } = await echoOf(client, `${publicUrl}/api/things?x=%2F&y=a%20b`)
  t.equal(url, '/api/things?x=%2F&y=a%20b', 'as sent')
  t.match(headers, {
    host: new URL(publicUrl).host,
    'x-forwarded-user': 'alice',
    'x-forwarded-email': 'alice@example.com',
    'x-forwarded-preferred-username': 'alice',
    'x-forwarded-groups': 'staff,admins',
    'x-forwarded-proto': 'https',
    authorization: /^Bearer ./,
  })
  t.equal(headers.cookie, undefined, 'the ticket goes no further')
  const cookie = `theirs=1; ${client.cookieFor(publicUrl)}; more="2, 3"`
  const withCookies = await client(`${publicUrl}/api/things`, { headers: { cookie } })
  t.equal(parseEcho(await withCookies.text()).headers.cookie, 'theirs=1; more="2, 3"')
  t.equal((await client(`${publicUrl}/public/`)).status, 200)
  t.equal((await newClient()(`${publicUrl}/public/`)).status, 200, 'for strangers, too')

  const groups = Array.from({ length: 300 }, (_, index) => `department-of-things-${index}`)
  provider.people.set('dave', { name: 'Dave', groups })
  const dave = newClient()
  await signIn({ publicUrl }, 'dave', { client: dave })
  const known = await echoOf(dave, `${publicUrl}/api/things`)
  t.equal(known.headers['x-forwarded-groups'], groups.join(), 'however many groups there are')
}

async function isDenied(t: Test, { publicUrl, newClient, application }: Site): Promise<void> {
  const bob = newClient()
  await signIn({ publicUrl }, 'bob', { client: bob })
  application.forget()
  t.equal((await bob(`${publicUrl}/admin/users`)).status, 403)
  t.equal((await bob(`${publicUrl}/admin/users`, { headers: asNavigation })).status, 403)
  t.same(application.requests, [])
  const alice = newClient()
  await signIn({ publicUrl }, 'alice', { client: alice })
  t.equal((await echoOf(alice, `${publicUrl}/admin/users`)).headers['x-location'], 'admin')
}

async function isRefreshed(t: Test, site: Site): Promise<void> {
  const { publicUrl, newClient, provider } = site
  const client = newClient()
  await signIn({ publicUrl }, 'alice', { client })
  const ticket = client.cookieFor(publicUrl)
  const requestsBefore = provider.requests.length
  const bearers = new Set<string | undefined>()
  while (bearers.size < 2) {
    const response = await client(`${publicUrl}/api/things`)
    t.equal(response.status, 200)
    t.equal(response.headers.get('set-cookie'), null)
    bearers.add(parseEcho(await response.text()).headers.authorization)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  t.equal(client.cookieFor(publicUrl), ticket)
  t.same([...new Set(provider.requests.slice(requestsBefore))], ['POST /token'])
}

async function spoofs(t: Test, site: Site): Promise<void> {
  const { publicUrl, newClient, application, ask } = site
  const { host } = new URL(publicUrl)
  const client = newClient()
  await signIn({ publicUrl }, 'alice', { client })
  const ticket = `Cookie: ${client.cookieFor(publicUrl)}\r\n`

  for (const [path, cookie, user] of [
    ['/public/', '', undefined],
    ['/public/', ticket, undefined],
    ['/page', ticket, 'alice'],
  ] as const) {
    for (const line of spoofedHeaderLines) {
      application.forget()
      const headers = line.startsWith('Connection: ')
        ? line.replace(': ', ': close, ')
        : `${line}Connection: close\r\n`
      const { status } = await ask(
        `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n${cookie}${headers}\r\n`,
      )
      const what = `${path} ${line.trim()} ${cookie === '' ? '' : 'with a session'}`
      const [arrived] = application.requests
      // Who calls the cookie hop-by-hop may lose it on the way.
      if (line.includes('Cookie') && status === 401) {
        t.equal(arrived, undefined, what)
        continue
      }
      t.equal(status, 200, what)
      t.notMatch(arrived?.rawHeaders.join('\n'), /mallory/, what)
      t.equal(arrived?.headers['x-forwarded-user'], user, what)
    }
  }
}

/** Where an ingress asks, in spellings that one of two may take for another path. */
const questions = [
  '/oauth2/auth',
  '/oauth2/forward-auth',
  '/oauth2/ext-authz/page',
  '/oauth2/ext-authz/../page',
  '/oauth2/ext-authz/.',
  '/oauth2/ext-authz/%2e',
  '/oauth2/ext-authz/page/..',
  '/oauth2/ext-authz//',
  '/oauth2/ext-authz/a/../../page',
  '/oauth2/ext-authz/%2e%2e/page',
  '/oauth2/ext-authz/..;/page',
  '/oauth2/%65xt-authz/page',
  '/oauth2/%61uth',
  '/oauth2/forward%2dauth',
  '/oauth2/ext-authz%2fpage',
  '/oauth2%2fauth',
  '/oauth2//forward-auth',
  '//oauth2/forward-auth',
  '/oauth2/./forward-auth',
  '/oauth2/x/../forward-auth',
  '/oauth2/auth;x=1',
  '/OAUTH2/Forward-Auth',
  '/oauth2/auth/',
  '/oauth2/auth?allowed_groups=staff',
]

async function asks(t: Test, { publicUrl, newClient, ask, application }: Site): Promise<void> {
  const { host } = new URL(publicUrl)
  const client = newClient()
  await signIn({ publicUrl }, 'alice', { client })
  application.forget()
  for (const question of questions) {
    for (const named of [
      `X-Original-Method: GET\r\nX-Original-URL: ${publicUrl}/page\r\n`,
      'X-Forwarded-Method: GET\r\nX-Forwarded-Uri: /page\r\n',
      '',
    ]) {
      const { status, headerLines } = await ask(
        `GET ${question} HTTP/1.1\r\nHost: ${host}\r\nCookie: ${client.cookieFor(publicUrl)}; theirs=1\r\n${named}Connection: close\r\n\r\n`,
      )
      t.ok([400, 401, 403, 404].includes(status), `${question} ${named}: ${status}`)
      t.notMatch(
        headerLines.join('\n'),
        /^(authorization|cookie|x-forwarded-|x-auth-request-)/im,
        question,
      )
    }
  }
  t.same(application.requests, [])
}

const detoursToAdmin = [
  '/admin/',
  '/public/../admin/',
  '/public/%2e%2e/admin/',
  '/public/.%2E/admin/',
  '/public/..%2fadmin/',
  '/public/..%5cadmin/',
  '/public\\..\\admin/',
  '/public/%252e%252e/admin/',
  '/public//../admin/',
  '/public/..;/admin/',
  '/public/;/../admin/',
  '/public/x/../../admin/',
  '/public/%00/../../admin/',
  '//admin/',
  '/./admin/',
  '/%61dmin/',
  '/ADMIN/../admin/',
  '/%2fadmin/',
  '/oauth2/../admin/',
  '/oauth2/%2e%2e/admin/',
  '/oauth2/start/../../admin/',
  '/oauth2/..;/admin/',
  '/%6fauth2/../admin/',
  '/public/#/../admin/',
]

const locationOf = ({ headers }: SeenRequest) => headers['x-location']

async function detours(t: Test, site: Site): Promise<void> {
  const { publicUrl, newClient, application, ask } = site
  const { host } = new URL(publicUrl)
  const bob = newClient()
  await signIn({ publicUrl }, 'bob', { client: bob })

  for (const cookie of ['', `Cookie: ${bob.cookieFor(publicUrl)}\r\n`]) {
    for (const target of [...detoursToAdmin, `${publicUrl}/public/../admin/`]) {
      application.forget()
      const { status } = await ask(
        `GET ${target} HTTP/1.1\r\nHost: ${host}\r\n${cookie}Connection: close\r\n\r\n`,
      )
      const what = `${target} ${cookie === '' ? 'by a stranger' : 'by bob'}: ${status}`
      // A fragment may be cut off by the ingress, for the question and for the application alike.
      const isPublic = status === 200 && target.includes('#')
      t.ok(isPublic || [400, 401, 403, 404].includes(status), what)
      if (target.startsWith('/public/..')) t.equal(status, 400, what)
      t.same(application.requests.map(locationOf), isPublic ? ['public'] : [], what)
    }
  }
}

async function posts(t: Test, { publicUrl, newClient, application, ask }: Site): Promise<void> {
  const client = newClient()
  const post = { method: 'POST', body: 'x'.repeat(100_000) }
  application.forget()
  const refused = await client(`${publicUrl}/form`, { ...post, headers: asNavigation })
  t.ok([302, 303, 401].includes(refused.status), `${refused.status}`)
  t.same(application.requests, [])
  await signIn({ publicUrl }, 'alice', { client })
  application.forget()
  const echo = parseEcho(await (await client(`${publicUrl}/form`, post)).text())
  t.match(echo, { method: 'POST', bodyLength: 100_000 })
  t.equal(application.requests.length, 1)
  const chunked = await ask(
    `POST /form HTTP/1.1\r\nHost: ${new URL(publicUrl).host}\r\nCookie: ${client.cookieFor(publicUrl)}\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n5\r\nthere\r\n0\r\n\r\n`,
  )
  t.match(parseEcho(chunked.body), { method: 'POST', bodyLength: 5 })
  t.equal((await client(`${publicUrl}/page`)).status, 200, 'and no connection is out of step')
}

async function opensWebSocket(t: Test, { publicUrl, newClient }: Site): Promise<void> {
  const client = newClient()
  await signIn({ publicUrl }, 'alice', { client })
  const open = (cookie: string, origin = publicUrl) =>
    new WebSocket(`${publicUrl.replace('http', 'ws')}/socket?greet`, {
      ca: certificate,
      origin,
      headers: { cookie, 'x-forwarded-user': 'mallory' },
    })
  const webSocket = open(client.cookieFor(publicUrl))
  const [greeting] = await once(webSocket, 'message')
  t.equal(parseEcho(String(greeting)).headers['x-forwarded-user'], 'alice')
  webSocket.send('there')
  t.equal(String((await once(webSocket, 'message'))[0]), 'there', 'and back')
  webSocket.terminate()

  const stranger = open('')
  const [error] = await once(stranger, 'error')
  t.match(error, { message: /: 401$/ })
  const [foreign] = await once(open(client.cookieFor(publicUrl), 'https://evil.example'), 'error')
  t.match(foreign, { message: /: 403$/ }, 'FM-3 nor by a page of another origin')
}

async function signsOut(t: Test, { publicUrl, newClient, provider }: Site): Promise<void> {
  const client = newClient()
  await signIn({ publicUrl }, 'alice', { client })
  const signOut = await client(`${publicUrl}/oauth2/sign_out`, {
    headers: { ...asNavigation, 'sec-fetch-site': 'same-origin' },
  })
  t.equal(signOut.status, 302)
  t.ok(signOut.headers.get('location')?.startsWith(provider.issuer))
  t.equal((await client(`${publicUrl}/api/things`)).status, 401)
}

async function expires(t: Test, site: Site): Promise<void> {
  const { publicUrl, newClient, endSessionsOf } = site
  const client = newClient()
  await signIn({ publicUrl }, 'alice', { client })
  await endSessionsOf('alice')
  const deadline = Date.now() + 1000
  const navigate = () => client(`${publicUrl}/page?a=1&b=2`, { headers: asNavigation })
  let response = await navigate()
  while (response.status === 200 && Date.now() < deadline) response = await navigate()
  t.equal(response.status, 302)
  const login = new URL(response.headers.get('location') ?? '', publicUrl)
  t.equal(login.origin + login.pathname, `${publicUrl}/oauth2/start`)
  t.equal(login.searchParams.get('rd'), '/page?a=1&b=2')
}

async function losesRedis(t: Test, site: Site): Promise<void> {
  const { publicUrl, newClient, redis, application } = site
  const client = newClient()
  await signIn({ publicUrl }, 'alice', { client })
  await redis.kill()
  let response = await client(`${publicUrl}/page`, { headers: asNavigation })
  // The process hears of it in its own time; until then it may know the session.
  while (response.status === 200) {
    await response.text()
    response = await client(`${publicUrl}/page`, { headers: asNavigation })
  }
  application.forget()
  for (const headers of [asNavigation, { accept: 'application/json' }]) {
    response = await client(`${publicUrl}/page`, { headers })
    await response.text()
    t.equal(response.status, 503)
    t.ok(Number(response.headers.get('retry-after')) >= 1, 'says when to try again')
    t.equal(response.headers.get('set-cookie'), null, 'no cookie is touched')
    t.equal(response.headers.get('location'), null, 'nobody is sent to sign in')
  }
  t.same(application.requests, [])
  t.equal((await client(`${publicUrl}/public/`)).status, 200, 'what is public needs no store')
}

async function losesValetkey(t: Test, site: Site, expected: number): Promise<void> {
  const { publicUrl, newClient, application, killValetkey } = site
  await killValetkey()
  application.forget()
  const paths = ['/page', '/public/']
  const answers = await Promise.all(paths.map((path) => newClient()(publicUrl + path)))
  for (const { status } of answers) t.equal(status, expected)
  t.same(application.requests, [])
}

import { once } from 'node:events'
import { createServer } from 'node:http'
import t from 'tap'
import { request } from 'undici'
import { WebSocket } from 'ws'
import { createJarFetch, type JarFetch } from '../helpers/jar-fetch.js'
import { listenOnLoopback } from '../helpers/listen.js'
import { signInAtProvider } from '../helpers/provider.js'
import { asNavigation, signIn, startStack } from '../helpers/stack.js'
import { startUpstream } from '../helpers/upstream.js'

t.setTimeout(120_000)

const mfa = { id_token: { acr: { essential: true, values: ['mfa'] } } }
const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64')
const challengeOf = (claims: string) =>
  `Bearer realm="", authorization_uri="https://evil.example/", error="insufficient_claims", claims="${claims}"`

/** Challenges with what `challenge` says but at `/`, below `/once/` until it sees another access token. */
let challenge = ''
let firstToken: string | undefined
const guarded = await startUpstream((seen, response) => {
  const { authorization } = seen.headers
  firstToken ??= authorization
  const { url = '' } = seen
  const isEnough = url === '/' || (url.startsWith('/once/') && authorization !== firstToken)
  response.statusCode = isEnough ? 200 : 401
  if (!isEnough) response.setHeader('www-authenticate', challenge)
  response.end('of the upstream')
})
t.teardown(() => guarded.close())

/** Answers an upgrade with the same challenge. */
const sockets = createServer().on('upgrade', (_request, socket) => {
  socket.end(`HTTP/1.1 401 Unauthorized\r\nwww-authenticate: ${challenge}\r\n\r\n`)
})
const socketsPort = await listenOnLoopback(t, sockets)

const stack = await startStack(t, {
  provider: { claimsParameter: true },
  providerConfig: {
    claims: {
      access_token: { xms_cc: { values: ['cp1'] } },
      id_token: { email: null },
      userinfo: { groups: null },
    },
  },
  config: {
    routes: [
      { match: { path: '/socket/' }, upstream: `http://127.0.0.1:${socketsPort}` },
      { match: { path: '/' }, upstream: guarded.url },
    ],
  },
})
const { publicUrl } = stack

t.beforeEach(() => {
  challenge = challengeOf(base64(mfa))
  firstToken = undefined
})

async function ask(
  client: JarFetch,
  target: string,
  init: { method?: string; headers?: Record<string, string> } = {},
) {
  const url = new URL(target, publicUrl).href
  const response = await client(url, { headers: asNavigation, ...init })
  const location = response.headers.get('location')
  return {
    status: response.status,
    location: location === null ? '' : new URL(location, url).href,
    name: response.headers.get('x-valetkey-answer'),
    challenge: response.headers.get('www-authenticate'),
    body: await response.text(),
  }
}

/** Follows a redirect to the provider and back; gives the claims that were asked for, and the callback's answer. */
async function logInAgain(client: JarFetch, startUrl: string) {
  const { location } = await ask(client, startUrl)
  const { searchParams } = new URL(location)
  const callback = await signInAtProvider(client, location, 'alice')
  return {
    asked: searchParams,
    claims: JSON.parse(searchParams.get('claims') ?? ''),
    callback: await ask(client, callback),
  }
}

const passedOn = { status: 401, name: null, body: 'of the upstream', location: '' }

t.test(
  'E9 a person is sent to the provider for the claims, and comes back with them',
  async (t) => {
    const { client } = await signIn(stack, 'alice')
    const first = await ask(client, '/once/page?x=1')
    t.match(first, { status: 302, name: 'STEP_UP_REQUIRED', challenge: null })
    t.ok(first.location.startsWith(`${publicUrl}/oauth2/start?`))
    const { claims, callback } = await logInAgain(client, first.location)
    t.strictSame(claims, {
      access_token: { xms_cc: { values: ['cp1'] } },
      id_token: { email: null, ...mfa.id_token },
      userinfo: { groups: null },
    })
    t.match(callback, { name: 'LOGIN_FINISHED', location: `${publicUrl}/once/page?x=1` })
    t.match(await ask(client, callback.location), { status: 200, body: 'of the upstream' })
  },
)

t.test('E9 a program gets the challenge as it is', async (t) => {
  const { client } = await signIn(stack, 'alice')
  const script = { ...asNavigation, 'sec-fetch-mode': 'cors', 'sec-fetch-site': 'same-origin' }
  for (const [title, init] of [
    ['that accepts JSON', { headers: { accept: 'application/json' } }],
    ['that is a script of a page', { headers: { ...script, 'sec-fetch-dest': 'empty' } }],
    ['that prefetches', { headers: { ...asNavigation, 'sec-purpose': 'prefetch' } }],
    ['a form', { method: 'POST', headers: { ...asNavigation, 'sec-fetch-site': 'same-origin' } }],
  ] as const) {
    t.match(await ask(client, '/page', init), { ...passedOn, challenge }, title)
  }
  const stranger = await ask(createJarFetch(), '/page')
  t.match(stranger, { status: 302, name: 'LOGIN_REQUIRED' }, 'whoever is not signed in signs in')
})

t.test('E9 a WebSocket gets the challenge as it is', async (t) => {
  const { client } = await signIn(stack, 'alice')
  const url = `${publicUrl}/socket/`
  const headers = { ...asNavigation, cookie: client.cookieFor(publicUrl), origin: publicUrl }
  const socket = new WebSocket(url.replace('http', 'ws'), { headers })
  socket.on('error', () => undefined)
  const [, refusal] = await once(socket, 'unexpected-response')
  t.equal(refusal.statusCode, 401)
  t.equal(refusal.headers['www-authenticate'], challenge)
  refusal.resume()
})

t.test('E9 HEAD is answered as GET would be', async (t) => {
  const { client } = await signIn(stack, 'alice')
  const headers = { ...asNavigation, cookie: client.cookieFor(publicUrl) }
  const answer = await request(`${publicUrl}/page`, { method: 'HEAD', headers })
  t.equal(answer.statusCode, 302)
  t.equal(answer.headers['x-valetkey-answer'], 'STEP_UP_REQUIRED')
  t.equal(answer.headers['www-authenticate'], undefined)
  t.equal(await answer.body.text(), '')
})

t.test('E9 a challenge that asks for nothing that can be asked passes as it is', async (t) => {
  const { client } = await signIn(stack, 'alice')
  for (const [title, claims] of [
    ['no JSON', base64('no object')],
    ['no Base64', '%7B%7D'],
    ['a list', base64([mfa])],
    ['nothing', base64({})],
    ['core parameters alone', base64({ redirect_uri: 'https://evil.example/', scope: { a: 1 } })],
    ['claims that are none', base64({ id_token: { acr: 'mfa' } })],
    ['too much', base64({ id_token: { acr: { value: 'x'.repeat(1100) } } })],
    ['far too much', base64({ id_token: { acr: { value: 'x'.repeat(9000) } } })],
  ] as const) {
    challenge = challengeOf(claims)
    t.match(await ask(client, '/page'), { ...passedOn, challenge }, title)
  }
})

t.test(
  'E9 whatever is demanded, the request stays one of this client for this login',
  async (t) => {
    const { client } = await signIn(stack, 'alice')
    challenge = challengeOf(
      base64({
        ...mfa,
        redirect_uri: 'https://evil.example/',
        scope: 'everything',
        userinfo: { email: null },
      }),
    )
    const { location } = await ask(client, '/page')
    const { asked, claims } = await logInAgain(client, location)
    t.equal(asked.get('redirect_uri'), `${publicUrl}/oauth2/callback`)
    t.equal(asked.get('scope'), 'openid profile email')
    t.strictSame(claims.userinfo, { groups: null })
    t.strictSame(Object.keys(claims), ['access_token', 'id_token', 'userinfo'])
  },
)

t.test('E9 an upstream that is never content makes no circle', async (t) => {
  const { client } = await signIn(stack, 'alice')
  const { location } = await ask(client, '/page')
  const { callback } = await logInAgain(client, location)
  const last = await ask(client, callback.location)
  t.match(last, { status: 403, name: 'ERR_STEP_UP_FAILED', challenge: null })
  t.match(last.body, /Signed in as .*alice/)
  const program = await ask(client, '/page', { headers: { accept: 'application/json' } })
  t.match(program, { ...passedOn, challenge })
})

t.test('E9 an upstream that asks for something else each time makes none either', async (t) => {
  const { client } = await signIn(stack, 'alice')
  for (let count = 1; count <= 3; count++) {
    challenge = challengeOf(base64({ id_token: { nbf: { essential: true, value: count } } }))
    const { location } = await ask(client, '/page')
    await logInAgain(client, location)
  }
  challenge = challengeOf(base64({ id_token: { nbf: { essential: true, value: 4 } } }))
  t.match(await ask(client, '/page'), { status: 403, name: 'ERR_STEP_UP_FAILED' })
})

t.test('E9 nobody but the upstream demands claims', async (t) => {
  const { client } = await signIn(stack, 'alice')
  const { location } = await ask(client, '/page')
  const { searchParams } = new URL(location)
  const sealed = searchParams.get('step_up') ?? ''
  t.notMatch(location, base64(mfa))
  const { cookieFor } = client
  await ask(client, location)
  const [, login = ''] = /valetkey-login-[^=]+=([^;]+)/.exec(cookieFor(publicUrl)) ?? []
  t.ok(sealed && login)
  const middle = Math.floor(sealed.length / 2)
  const flipped = sealed[middle] === 'A' ? 'B' : 'A'
  for (const forged of [
    base64(mfa),
    JSON.stringify({ claims: mfa, attempt: 1 }),
    sealed.slice(0, middle) + flipped + sealed.slice(middle + 1),
    sealed.slice(0, -4),
    login,
    login.slice(login.indexOf('.') + 1),
  ]) {
    const query = new URLSearchParams({ step_up: forged })
    const answer = await ask(createJarFetch(), `/oauth2/start?${query.toString()}`)
    t.match(answer, { status: 400, name: 'ERR_REQUEST', location: '' }, forged.slice(0, 20))
  }
  const named = new URLSearchParams({ claims: JSON.stringify(mfa) })
  const plain = await ask(createJarFetch(), `/oauth2/start?${named.toString()}`)
  t.notMatch(new URL(plain.location).searchParams.get('claims'), 'acr')
})

t.test('E9 a login that does not bring an essential acr leaves everything as it was', async (t) => {
  const { client } = await signIn(stack, 'alice')
  const before = client.cookieFor(publicUrl)
  challenge = challengeOf(base64({ id_token: { acr: { essential: true, values: ['gold'] } } }))
  const { location } = await ask(client, '/page')
  const begun = await ask(client, location)
  const { searchParams } = new URL(begun.location)
  const refusal = new URLSearchParams({
    error: 'unmet_authentication_requirements',
    state: searchParams.get('state') ?? '',
    iss: stack.provider.issuer,
  })
  const callback = await ask(client, `/oauth2/callback?${refusal.toString()}`)
  t.match(callback, { status: 403, name: 'ERR_STEP_UP_FAILED' })
  const [, again = ''] = /href="([^"]*step_up=[^"]*)"/.exec(callback.body) ?? []
  const second = await logInAgain(client, again.replaceAll('&amp;', '&'))
  t.equal(second.asked.get('prompt'), 'login', 'the person may insist')
  t.match(second.claims.id_token.acr, { values: ['gold'] })
  t.not(client.cookieFor(publicUrl), before)
})

t.test('E9 a provider that does not understand the demand costs nobody the session', async (t) => {
  const { client } = await signIn(stack, 'alice')
  const { location } = await ask(client, '/page')
  const begun = await ask(client, location)
  const { searchParams } = new URL(begun.location)
  const refusal = new URLSearchParams({
    error: 'invalid_request',
    error_description: 'claims parameter should have userinfo or id_token properties',
    state: searchParams.get('state') ?? '',
    iss: stack.provider.issuer,
  })
  const callback = await ask(client, `/oauth2/callback?${refusal.toString()}`)
  t.match(callback, { name: /^ERR_CALLBACK/, location: '' })
  t.match(await ask(client, '/'), { status: 200 })
})

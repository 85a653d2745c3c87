import { once } from 'node:events'
import t, { type Test } from 'tap'
import { request } from 'undici'
import { WebSocket } from 'ws'
import { freePort } from '../helpers/free-port.js'
import { createTestKey, forgeToken } from '../helpers/hostile-provider.js'
import { asNavigation, signIn, startStack } from '../helpers/stack.js'
import { parseEcho, startUpstream } from '../helpers/upstream.js'
import { startValetkey } from '../helpers/valetkey.js'

t.setTimeout(120_000)

const api = 'https://api.example.com'
const otherApi = 'https://other-api.example.com'

const application = await startUpstream()
t.teardown(() => application.close())
const upstream = application.url
const bearer = { audiences: [api] }
const stack = await startStack(t, {
  provider: {
    apis: [api, otherApi],
    client: { grant_types: ['authorization_code', 'refresh_token', 'client_credentials'] },
  },
  providerConfig: { clockTolerance: '0s' },
  config: {
    trustedProxies: ['127.0.0.1'],
    routes: [
      { match: { path: '/api/' }, bearer, upstream },
      { match: { path: '/events' }, bearer, upstream },
      { match: { path: '/write/' }, bearer: { ...bearer, scopes: ['read', 'write'] }, upstream },
      { match: { path: '/admins/' }, bearer, require: { groups: ['admins'] }, upstream },
      {
        match: { path: '/domain/' },
        bearer,
        require: { emailDomains: ['example.com'] },
        upstream,
      },
      { match: { path: '/fresh/' }, bearer, require: { acr: ['mfa'], maxAge: '1h' }, upstream },
      { match: { path: '/optional/' }, auth: 'optional', bearer, upstream },
      {
        match: { path: '/header/' },
        bearer,
        forward: { accessToken: 'header', assertion: { audience: 'app' } },
        upstream,
      },
      { match: { path: '/none/' }, bearer, forward: { accessToken: 'none' }, upstream },
      { match: { path: '/' }, upstream },
    ],
  },
})
const { provider, publicUrl, valetkey } = stack

/** Everything that was presented as a credential, for the search of the log. */
const presented = new Set<string>()

async function ask(path: string, headers: Record<string, string | string[]> = {}) {
  for (const value of [headers['authorization'] ?? []].flat()) {
    presented.add(value.replace(/^bearer */i, ''))
  }
  const response = await request(`${publicUrl}${path}`, { headers })
  const text = await response.body.text()
  t.equal(response.headers['set-cookie'], undefined, `${path}: no cookie`)
  return {
    status: response.statusCode,
    headers: response.headers,
    text,
    answer: response.headers['x-valetkey-answer'],
    challenge: response.headers['www-authenticate'],
  }
}

const withToken = (token: string) => ({ authorization: `Bearer ${token}` })
const tokenOf = (login: string, scope = 'read', audience = api) =>
  provider.issueAccessToken(login, { api: audience, scope })

/** A token that a program gets for itself at the token endpoint. */
async function tokenOfProgram(): Promise<string> {
  const pair = [provider.clientId, provider.clientSecret].map(encodeURIComponent).join(':')
  const response = await fetch(`${provider.issuer}/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(pair).toString('base64')}` },
    body: new URLSearchParams({ grant_type: 'client_credentials', resource: api, scope: 'read' }),
  })
  const tokens: unknown = await response.json()
  const token: unknown = Reflect.get(Object(tokens), 'access_token')
  if (typeof token !== 'string') throw new Error(JSON.stringify(tokens))
  return token
}

const isChallenge = (t: Test, challenge: unknown, rest: string) => {
  t.match(challenge, new RegExp(`^Bearer realm="localhost:[0-9]+"${rest}$`))
}

t.test('AT-1 a token of the issuer for the route lets its client in', async (t) => {
  const token = await tokenOf('alice')
  const { status, text } = await ask('/api/x?y=%20z', { ...withToken(token), 'x-mine': '1' })
  t.equal(status, 200)
  const { url, headers } = parseEcho(text)
  t.equal(url, '/api/x?y=%20z')
  t.match(headers, {
    'x-forwarded-user': 'alice',
    'x-forwarded-email': 'alice@example.com',
    'x-forwarded-preferred-username': 'alice',
    'x-forwarded-groups': 'staff,admins',
    authorization: `Bearer ${token}`,
    'x-mine': '1',
  })
})

t.test('AT-1 a program is known by the subject of its token', async (t) => {
  const { status, text } = await ask('/api/', withToken(await tokenOfProgram()))
  t.equal(status, 200)
  const { headers } = parseEcho(text)
  t.equal(headers['x-forwarded-user'], provider.clientId)
  t.equal(headers['x-forwarded-email'], undefined)
})

t.test('the token goes on as the route says, with the assertion', async (t) => {
  const token = await tokenOf('alice')
  const header = parseEcho((await ask('/header/', withToken(token))).text).headers
  t.equal(header.authorization, undefined)
  t.equal(header['x-forwarded-access-token'], token)
  const [, payload = ''] = String(header['x-valetkey-assertion']).split('.')
  t.match(JSON.parse(Buffer.from(payload, 'base64url').toString()), {
    aud: 'app',
    sub: 'alice',
    provider_issuer: provider.issuer,
  })
  const none = parseEcho((await ask('/none/', withToken(token))).text)
  t.equal(none.rawHeaders.join().includes(token), false)
  t.equal(none.headers['x-forwarded-user'], 'alice')
})

t.test('BEAR-1 a token anywhere but in Authorization is no credential', async (t) => {
  const token = await tokenOf('alice')
  const query = await ask(`/api/?access_token=${token}`)
  t.equal(query.status, 401)
  isChallenge(t, query.challenge, '')
  const path = `/optional/?access_token=${token}`
  const { url, headers } = parseEcho((await ask(path)).text)
  t.equal(url, path, 'and passes as it was sent')
  t.equal(headers['x-forwarded-user'], undefined)
  const form = await request(`${publicUrl}/api/`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: `access_token=${token}`,
  })
  await form.body.dump()
  t.equal(form.statusCode, 401)
  for (const name of ['x-forwarded-access-token', 'x-authorization', 'proxy-authorization']) {
    t.equal((await ask('/api/', { [name]: `Bearer ${token}` })).status, 401, name)
  }
  presented.add(token)
})

t.test('BEAR-2 without credentials the challenge names no error', async (t) => {
  const { status, challenge, answer, text } = await ask('/api/')
  t.equal(status, 401)
  t.equal(answer, 'ERR_LOGIN_REQUIRED')
  isChallenge(t, challenge, '')
  t.match(JSON.parse(text), { code: 'ERR_LOGIN_REQUIRED', login_url: publicUrl })
  const navigation = await ask('/api/', asNavigation)
  t.equal(navigation.status, 302, 'a person is sent to sign in')
  t.equal((await ask('/api/', { authorization: 'Basic YTpi' })).status, 401)
})

t.test('BEAR-3 a malformed header or two of them is invalid_request, 400', async (t) => {
  const token = await tokenOf('alice')
  for (const authorization of [
    'Bearer',
    'bearer  ',
    'Bearer a b',
    'Bearer "a"',
    `Bearer ${token},`,
    `Bearer ${token} x`,
    `Bearer\t${token}`,
    [`Bearer ${token}`, `Bearer ${token}`],
    [`Bearer ${token}`, 'Basic YTpi'],
    ['Basic YTpi', `Bearer ${token}`],
  ]) {
    const { status, challenge, answer } = await ask('/api/', { authorization })
    t.equal(status, 400, String(authorization).slice(0, 20))
    t.equal(answer, 'ERR_BEARER_REQUEST')
    isChallenge(t, challenge, ', error="invalid_request"')
  }
  t.equal((await ask('/api/', { authorization: `BEARER   ${token}` })).status, 200)
})

t.test('BEAR-3 AT-1 a token that does not count is invalid_token, 401', async (t) => {
  const { client } = await signIn(stack, 'alice')
  await (await client(`${publicUrl}/`)).text()
  const opaque = application.requests.at(-1)?.headers.authorization?.slice('Bearer '.length) ?? ''
  const idToken = provider.secrets.find((each) => each.split('.').length === 3 && !isAccess(each))
  const good = await tokenOf('alice')
  const [header = '', payload = '', signature = ''] = good.split('.')
  for (const [name, token] of Object.entries({
    opaque,
    idToken: idToken ?? '',
    'for another API': await tokenOf('alice', 'read', otherApi),
    'with other claims': `${header}.${payload.slice(0, -6)}.${signature}`,
    unsigned: `${Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url')}.${payload}.`,
    garbage: 'x',
  })) {
    t.not(token, '', name)
    const { status, challenge, answer, text } = await ask('/api/', withToken(token))
    t.equal(status, 401, name)
    t.equal(answer, 'ERR_BEARER_TOKEN')
    isChallenge(t, challenge, ', error="invalid_token"')
    t.notHas(JSON.parse(text), 'login_url')
  }
  t.equal((await ask('/optional/', withToken('x'))).status, 401, 'also where nobody is needed')
})

function isAccess(token: string): boolean {
  return Buffer.from(token.split('.')[0] ?? '', 'base64url').includes('at+jwt')
}

t.test('BEAR-3 a scope that is missing is insufficient_scope, 403', async (t) => {
  const { status, challenge, answer } = await ask('/write/', withToken(await tokenOf('alice')))
  t.equal(status, 403)
  t.equal(answer, 'ERR_BEARER_SCOPE')
  isChallenge(t, challenge, ', error="insufficient_scope", scope="read write"')
  t.equal((await ask('/write/', withToken(await tokenOf('alice', 'write read')))).status, 200)
})

t.test('BEAR-4 a token that is presented decides alone, a session or not', async (t) => {
  const { client } = await signIn(stack, 'bob')
  const cookie = `${client.cookieFor(publicUrl)}; theirs=1`
  const both = await ask('/api/', { ...withToken(await tokenOf('alice')), cookie })
  const { headers } = parseEcho(both.text)
  t.equal(headers['x-forwarded-user'], 'alice')
  t.equal(headers.cookie, 'theirs=1', 'the ticket does not go on')
  t.equal((await ask('/api/', { ...withToken('x'), cookie })).status, 401)
  const twice = { authorization: ['Bearer x', 'Bearer x'], cookie }
  t.equal((await ask('/api/', twice)).status, 400)
  const basic = parseEcho((await ask('/api/', { authorization: 'Basic YTpi', cookie })).text)
  t.equal(basic.headers['x-forwarded-user'], 'bob', 'another scheme is no token')
  t.equal((await ask('/api/', { cookie })).status, 200, 'the session is still there')
})

t.test('BEAR-4 where a route takes no tokens the session alone counts', async (t) => {
  const token = await tokenOf('alice')
  t.equal((await ask('/', withToken(token))).status, 401)
  const { client } = await signIn(stack, 'bob')
  const cookie = client.cookieFor(publicUrl)
  const { rawHeaders, headers } = parseEcho((await ask('/', { ...withToken(token), cookie })).text)
  t.equal(headers['x-forwarded-user'], 'bob')
  t.notOk(rawHeaders.join().includes(token))
})

t.test('rules look at the claims of the token', async (t) => {
  t.equal((await ask('/admins/', withToken(await tokenOf('alice')))).status, 200)
  const denied = await ask('/admins/', withToken(await tokenOf('bob')))
  t.equal(denied.status, 403)
  t.equal(denied.answer, 'ERR_ACCESS_DENIED')
  t.equal((await ask('/admins/', withToken(await tokenOfProgram()))).status, 403)
  t.equal((await ask('/domain/', withToken(await tokenOf('bob')))).status, 200)
  provider.people.set('bob', { email: 'bob@example.com', groups: ['admins'] })
  t.equal((await ask('/domain/', withToken(await tokenOf('bob')))).status, 403, 'not verified')
  t.equal((await ask('/admins/', withToken(await tokenOf('bob')))).status, 200)
})

t.test('RFC 9470 a client is told which authentication is missing', async (t) => {
  const { status, challenge, answer } = await ask('/fresh/', withToken(await tokenOf('alice')))
  t.equal(status, 401)
  t.equal(answer, 'ERR_BEARER_AUTHENTICATION')
  const rest =
    ', error="insufficient_user_authentication", error_description="[^"]+", acr_values="mfa", max_age="3600"'
  isChallenge(t, challenge, rest)
  provider.people.set('carol', { acr: 'mfa', auth_time: Math.floor(Date.now() / 1000) })
  t.equal((await ask('/fresh/', withToken(await tokenOf('carol')))).status, 200)
})

t.test(
  'BEAR-2 BEAR-3 forward auth decides the same, as far as the ingress can tell it',
  async (t) => {
    const good = withToken(await tokenOf('alice'))
    const { host } = new URL(publicUrl)
    const askFor = (endpoint: string, path: string, headers: Record<string, string>) => {
      if (endpoint === '/ext-authz') return ask(`/oauth2/ext-authz${path}`, headers)
      const original = { 'x-original-method': 'GET', 'x-original-url': `http://${host}${path}` }
      return ask(`/oauth2${endpoint}`, { ...original, ...headers })
    }
    for (const [endpoint, granted, malformed] of [
      ['/auth', 202, 401],
      ['/forward-auth', 200, 400],
      ['/ext-authz', 200, 400],
    ] as const) {
      const rows: [path: string, headers: Record<string, string>, status: number, rest: string][] =
        [
          ['/api/', good, granted, ''],
          ['/api/', {}, 401, ''],
          ['/api/', withToken('x'), 401, ', error="invalid_token"'],
          ['/api/', { authorization: 'Bearer' }, malformed, ', error="invalid_request"'],
          ['/write/', good, 403, ', error="insufficient_scope", scope="read write"'],
          ['/', good, 401, ''],
        ]
      for (const [path, headers, status, rest] of rows) {
        const answer = await askFor(endpoint, path, headers)
        t.equal(answer.status, status, `${endpoint} ${path}`)
        if (status !== granted) isChallenge(t, answer.challenge, rest)
        else t.match(answer.headers, { authorization: good.authorization })
      }
    }
    const constrained = (groups: string) => askFor(`/auth?allowed_groups=${groups}`, '/api/', good)
    t.equal((await constrained('staff')).status, 202)
    t.equal((await constrained('others')).status, 403)
  },
)

t.test('a WebSocket and an event stream end with the token', async (t) => {
  const token = await provider.issueAccessToken('alice', { api, scope: 'read', ttlSeconds: 3 })
  presented.add(token)
  const headers = withToken(token)
  const webSocket = new WebSocket(`${publicUrl.replace('http', 'ws')}/api/socket?greet`, {
    headers,
  })
  t.teardown(() => webSocket.terminate())
  const closed = once(webSocket, 'close')
  await once(webSocket, 'message')
  const stream = await request(`${publicUrl}/events?count=2&open`, { headers })
  t.match(await stream.body.text(), /data: 2\n\n$/)
  const [code, reason] = await closed
  t.equal(code, 1008)
  t.equal(String(reason), 'the access token expired')
  t.equal((await ask('/api/', headers)).status, 401)
})

t.test('keys that cannot be had are 503, never 401', async (t) => {
  const issuer = `http://127.0.0.1:${await freePort()}`
  const gone = await startValetkey({
    config: {
      providers: [
        {
          issuer,
          clientId: 'app',
          clientAuthentication: 'none',
          timeout: '200ms',
        },
      ],
      routes: [{ bearer, upstream }],
    },
  })
  t.teardown(() => gone.kill())
  const key = createTestKey('a-key')
  const token = forgeToken({ alg: 'RS256', typ: 'at+jwt' }, { iss: issuer }, key.privateKey)
  const response = await request(gone.publicUrl, { headers: withToken(token) })
  t.equal(response.statusCode, 503)
  t.equal(response.headers['x-valetkey-answer'], 'ERR_BEARER_UNAVAILABLE')
  t.match(response.headers['retry-after'], /^[1-9]/)
  t.equal(response.headers['www-authenticate'], undefined)
  await response.body.dump()
})

t.test('OPS-4 no token gets into the log or the metrics, which count results', async (t) => {
  const metrics = await (await fetch(`${valetkey.adminUrl}/metrics`)).text()
  for (const result of [
    'accepted',
    'ERR_ACCESS_DENIED',
    'ERR_BEARER_REQUEST',
    'ERR_BEARER_TOKEN',
    'ERR_BEARER_SCOPE',
    'ERR_BEARER_AUTHENTICATION',
  ]) {
    t.match(metrics, new RegExp(`valetkey_bearer_requests_total{result="${result}"} [1-9]`))
  }
  await valetkey.stop()
  t.ok(valetkey.log.some((line) => line.includes('ERR_BEARER_TOKEN')))
  const secrets = [...provider.secrets, ...presented].filter((each) => each.length > 20)
  t.ok(secrets.length > 20)
  for (const secret of new Set(secrets.flatMap((each) => [each, each.split('.')[1] ?? each]))) {
    const told = [...valetkey.log, metrics].find((line) => line.includes(secret))
    t.equal(told, undefined, `nothing of ${secret.slice(0, 6)}…`)
  }
})

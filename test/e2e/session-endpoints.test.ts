import { createRemoteJWKSet, jwtVerify } from 'jose'
import t, { type Test } from 'tap'
import { createJarFetch, type JarFetch } from '../helpers/jar-fetch.js'
import { startRedis } from '../helpers/redis-server.js'
import { asNavigation, signIn, startStack } from '../helpers/stack.js'
import { parseEcho, startUpstream } from '../helpers/upstream.js'

t.setTimeout(120_000)

async function startSignedIn(t: Test) {
  const stack = await startStack(t)
  const { client } = await signIn(stack, 'alice')
  return { client, publicUrl: stack.publicUrl }
}

t.test('BFF-1 /userinfo tells who is signed in, and a stranger nothing', async (t) => {
  const stack = await startStack(t)
  const stranger = await createJarFetch()(`${stack.publicUrl}/oauth2/userinfo`)
  t.equal(stranger.status, 401)
  const { client } = await signIn(stack, 'alice')
  const response = await client(`${stack.publicUrl}/oauth2/userinfo`)
  t.equal(response.headers.get('x-valetkey-answer'), 'USERINFO')
  t.equal(response.headers.get('cache-control'), 'no-store')
  t.strictSame(JSON.parse(await response.text()), {
    provider: 'corp',
    issuer: stack.provider.issuer,
    sub: 'alice',
    name: 'Alice Liddell',
    preferred_username: 'alice',
    email: 'alice@example.com',
    email_verified: true,
    groups: ['staff', 'admins'],
  })
})

t.test(
  'RF-6 BFF-1 /session tells until when, without a token and without extending the session',
  async (t) => {
    const redis = await startRedis()
    t.teardown(() => redis.stop())
    const stack = await startStack(t, { redis, session: { inactivityTimeout: '20s' } })
    const { client } = await signIn(stack, 'alice')
    const observer = redis.client()
    const [key = ''] = await observer.keys('valetkey:session:*')
    const expiresAt = await observer.pexpiretime(key)

    const ask = async () => (await client(`${stack.publicUrl}/oauth2/session`)).text()
    const first = await ask()
    t.same(Object.keys(JSON.parse(first)), [
      'created_at',
      'last_active_at',
      'expires_at',
      'expires_in_seconds',
      'inactive_at',
      'inactive_in_seconds',
      'access_token_expires_at',
      'access_token_expires_in_seconds',
    ])
    for (const secret of stack.provider.secrets) t.notOk(first.includes(secret))
    // Long enough for a request to count as activity, which is written at most once a second here.
    await new Promise((resolve) => setTimeout(resolve, 1500))
    for (const path of ['userinfo', 'session', 'sessions']) {
      const head = await client(`${stack.publicUrl}/oauth2/${path}`, { method: 'HEAD' })
      t.equal(head.status, 200, path)
    }
    const second = JSON.parse(await ask())
    t.equal(second.inactive_at, JSON.parse(first).inactive_at)
    t.equal(await observer.pexpiretime(key), expiresAt)

    await (await client(`${stack.publicUrl}/page`)).text()
    // The write is made in the background.
    while ((await observer.pexpiretime(key)) === expiresAt);
    t.ok(Date.parse(JSON.parse(await ask()).inactive_at) > Date.parse(second.inactive_at))
  },
)

t.test('a route with an assertion sends one that the keys at /jwks verify', async (t) => {
  const audience = 'https://app.example.com'
  const upstream = await startUpstream()
  t.teardown(() => upstream.close())
  const stack = await startStack(t, {
    config: { routes: [{ upstream: upstream.url, forward: { assertion: { audience } } }] },
  })
  const { publicUrl } = stack
  const { client } = await signIn(stack, 'alice')
  const echo = parseEcho(await (await client(`${publicUrl}/`)).text())
  const keys = createRemoteJWKSet(new URL(`${publicUrl}/oauth2/jwks`))
  const assertion = String(echo.headers['x-valetkey-assertion'])
  const { payload } = await jwtVerify(assertion, keys, { issuer: publicUrl, audience })
  t.match(payload, {
    sub: 'alice',
    groups: ['staff', 'admins'],
    provider_issuer: stack.provider.issuer,
  })

  const jwks = await createJarFetch()(`${publicUrl}/oauth2/jwks`)
  t.match(jwks.headers.get('cache-control'), /max-age/)
  t.notMatch(await jwks.text(), /"d":/, 'no private key')
})

t.test('a very long return-to does not keep anybody from signing in', async (t) => {
  const stack = await startStack(t)
  const { client, landed } = await signIn(stack, 'alice', { path: `/?q=${'x'.repeat(3800)}` })
  t.equal(landed, `${stack.publicUrl}/`)
  t.equal((await client(`${stack.publicUrl}/page`)).status, 200)
})

t.test('what is not an endpoint is not found, and the wrong method not allowed', async (t) => {
  const { publicUrl } = await startStack(t)
  const client = createJarFetch()
  const unknown = await client(`${publicUrl}/oauth2/nothing`)
  t.equal(unknown.status, 404)
  t.equal(unknown.headers.get('x-valetkey-answer'), 'ERR_ROUTE_NOT_FOUND')
  const wrong = await client(`${publicUrl}/oauth2/userinfo`, { method: 'DELETE' })
  t.equal(wrong.status, 405)
  t.equal(wrong.headers.get('x-valetkey-answer'), 'ERR_METHOD_NOT_ALLOWED')
  t.equal(wrong.headers.get('allow'), 'GET, HEAD')
})

t.test('HEAD is answered as GET is, without a body', async (t) => {
  const { client, publicUrl } = await startSignedIn(t)
  const ofOneAnswer = new Set(['date', 'keep-alive', 'connection'])
  const answerTo = async (asker: JarFetch, method: string, path: string) => {
    const response = await asker(`${publicUrl}/oauth2/${path}`, {
      method,
      headers: asNavigation,
    })
    const headers = [...response.headers].filter(([name]) => !ofOneAnswer.has(name))
    return { status: response.status, headers, body: await response.text() }
  }
  const pages = ['userinfo', 'sessions', 'sign_in', 'signed_out', 'jwks', 'client-jwks']
  for (const asker of [client, createJarFetch()]) {
    for (const path of pages) {
      const { body, ...head } = await answerTo(asker, 'HEAD', path)
      const { body: _, ...get } = await answerTo(asker, 'GET', path)
      t.equal(body, '', path)
      t.strictSame(head, get, path)
    }
  }
  for (const [path, allow] of [
    ['session', 'GET, HEAD'],
    ['sessions', 'GET, HEAD, POST'],
  ] as const) {
    const { status, headers } = await answerTo(client, 'PUT', path)
    t.equal(status, 405)
    t.equal(new Map(headers).get('allow'), allow)
  }
})

t.test('HEAD begins no login and ends no session', async (t) => {
  const { client, publicUrl } = await startSignedIn(t)
  for (const [path, allow] of [
    ['start?rd=/', 'GET'],
    ['callback?code=x&state=y', 'GET, POST'],
    ['initiate_login?iss=x', 'GET, POST'],
    ['sign_out', 'GET, POST'],
    ['frontchannel-logout', 'GET'],
    ['backchannel-logout', 'POST'],
  ] as const) {
    const response = await client(`${publicUrl}/oauth2/${path}`, {
      method: 'HEAD',
      headers: asNavigation,
    })
    t.equal(response.status, 405, path)
    t.equal(response.headers.get('allow'), allow, path)
    t.equal(response.headers.get('set-cookie'), null, path)
  }
  t.equal((await client(`${publicUrl}/page`)).status, 200)
})

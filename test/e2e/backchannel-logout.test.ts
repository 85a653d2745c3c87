import { once } from 'node:events'
import t, { type Test } from 'tap'
import { WebSocket } from 'ws'
import { startHostileProvider } from '../helpers/hostile-provider.js'
import { createJarFetch, type JarFetch } from '../helpers/jar-fetch.js'
import { logoutTokenOf } from '../helpers/logout-tokens.js'
import { type RedisServer, startRedis } from '../helpers/redis-server.js'
import { asNavigation, sessionKey } from '../helpers/stack.js'
import { startUpstream } from '../helpers/upstream.js'
import { startValetkey } from '../helpers/valetkey.js'
import { until } from '../session/fixtures.js'

t.setTimeout(120_000)

/** A provider whose logout tokens the test makes, and a Valetkey process that trusts it. */
async function setUp(t: Test, redis?: RedisServer) {
  const provider = await startHostileProvider()
  t.teardown(() => provider.stop())
  const upstream = await startUpstream()
  t.teardown(() => upstream.close())
  const { issuer } = provider
  provider.metadata['revocation_endpoint'] = `${issuer}/revoke`
  const config = {
    providers: [
      {
        id: 'corp',
        issuer,
        clientId: 'app',
        clientSecret: 'secret',
        scopes: ['openid', 'offline_access'],
      },
    ],
    session: redis
      ? {
          store: 'redis',
          redis: { url: redis.url, commandTimeout: '500ms' },
          keys: [sessionKey],
          staleOnStoreError: '0s',
        }
      : {},
    routes: [{ match: { path: '/' }, upstream: upstream.url }],
    trustedProxies: ['127.0.0.1/32'],
  }
  async function start(options: { publicUrl?: string } = {}) {
    const valetkey = await startValetkey({ config, ...options })
    t.teardown(() => valetkey.kill())
    await valetkey.ready()
    return valetkey
  }
  const valetkey = await start()
  const { publicUrl } = valetkey
  const endpoint = `${publicUrl}/oauth2/backchannel-logout`

  async function begin(client: JarFetch): Promise<string> {
    const started = await client(`${publicUrl}/oauth2/start`, { headers: asNavigation })
    const answer = provider.authorize(started.headers.get('location') ?? '')
    return `${publicUrl}/oauth2/callback?${answer.toString()}`
  }
  async function signIn(sid: string, sub = 'alice'): Promise<JarFetch> {
    const client = createJarFetch()
    const callback = await begin(client)
    provider.claims = { sid, sub }
    provider.userinfo = { sub }
    const response = await client(callback)
    t.equal(response.status, 302)
    return client
  }
  const isSignedIn = async (client: JarFetch) => (await client(`${publicUrl}/`)).status === 200
  const send = (body: string, type = 'application/x-www-form-urlencoded', more = {}) =>
    createJarFetch()(endpoint, { method: 'POST', headers: { 'content-type': type, ...more }, body })
  const post = (claims: Record<string, unknown>) =>
    send(new URLSearchParams({ logout_token: logoutTokenOf(provider, claims) }).toString())
  const startReplica = () => start({ publicUrl })
  return { provider, valetkey, startReplica, endpoint, begin, signIn, isSignedIn, send, post }
}

const inMemory = await setUp(t)
const redis = await startRedis({ args: ['--appendonly', 'yes', '--appendfsync', 'always'] })
t.teardown(() => redis.stop())
const onRedis = await setUp(t, redis)

t.test('BCL-10 BCL-12 the sessions of the sid end, others stay, and 200 says so', async (t) => {
  const { signIn, isSignedIn, post, valetkey } = inMemory
  const [one, twin, other] = [await signIn('s-1'), await signIn('s-1'), await signIn('s-2')]
  const response = await post({ sid: 's-1', sub: 'alice' })
  t.equal(response.status, 200)
  t.match(response.headers.get('cache-control'), /no-store/)
  t.notOk(await isSignedIn(one))
  t.notOk(await isSignedIn(twin))
  t.ok(await isSignedIn(other), 'a sid beside the sub is the narrower')
  t.equal((await post({ sid: 's-1' })).status, 200, 'who is logged out already is')
  const metrics = await (await fetch(`${valetkey.adminUrl}/metrics`)).text()
  t.match(metrics, 'valetkey_sessions_ended_total{reason="backchannel_logout"} 2')
  await until(() => valetkey.log.some((line) => line.includes('logged out by the provider')))
})

t.test('BCL-10 a sub alone ends all sessions of the person', async (t) => {
  const { signIn, isSignedIn, post } = inMemory
  const theirs = [await signIn('s-1'), await signIn('s-2')]
  const another = await signIn('s-3', 'bob')
  t.equal((await post({ sub: 'alice' })).status, 200)
  for (const client of theirs) t.notOk(await isSignedIn(client))
  t.ok(await isSignedIn(another))
})

const form = (...tokens: string[]) =>
  new URLSearchParams(tokens.map((each) => ['logout_token', each])).toString()

t.test('BCL-1 B16-1 takes one form parameter and nothing else', async (t) => {
  const { provider, signIn, isSignedIn, send, endpoint } = inMemory
  const client = await signIn('s-1')
  const token = () => logoutTokenOf(provider, { sid: 's-1' })
  const refusals: [string, string?][] = [
    [''],
    [form(token(), token())],
    ['logout_token='],
    [`LOGOUT_TOKEN=${token()}`],
    [JSON.stringify({ logout_token: token() }), 'application/json'],
    [form(token()), 'text/plain'],
    [form(token()), 'multipart/form-data; boundary=x'],
    [form('x'.repeat(70_000))],
  ]
  for (const [body, type] of refusals) {
    const response = await send(body, type)
    t.equal(response.status, 400, `BCL-12 ${body.slice(0, 30)} ${type ?? ''}`)
    t.match(response.headers.get('cache-control'), /no-store/)
    t.match(response.headers.get('content-type'), /^application\/json/)
    t.match(JSON.parse(await response.text()), {
      error: 'invalid_request',
      error_description: String,
    })
  }
  const query = `${endpoint}?logout_token=${token()}`
  t.equal((await createJarFetch()(query, { method: 'POST' })).status, 400)
  t.equal((await createJarFetch()(query)).status, 405)
  t.ok(await isSignedIn(client))
  const charset = 'application/x-www-form-urlencoded; charset=UTF-8'
  t.equal((await send(`more=1&${form(token())}`, charset)).status, 200)
  t.notOk(await isSignedIn(client))
})

t.test('BCL-8 a token is obeyed once', async (t) => {
  const { provider, signIn, isSignedIn, send } = inMemory
  const body = `logout_token=${logoutTokenOf(provider, { sub: 'alice' })}`
  t.equal((await send(body)).status, 200)
  const client = await signIn('s-1')
  t.equal((await send(body)).status, 400)
  t.ok(await isSignedIn(client))
})

t.test('BCL-8 BCL-13 BCL-14 holds on every replica, and for what is open there', async (t) => {
  const { provider, valetkey, startReplica, signIn, send } = onRedis
  const replica = await startReplica()
  const headers = { cookie: (await signIn('s-1')).cookieFor(valetkey.publicUrl) }
  const isServed = async () => (await createJarFetch()(`${replica.url}/`, { headers })).status
  t.equal(await isServed(), 200)
  const socket = new WebSocket(`${replica.url.replace('http', 'ws')}/socket?greet`, { headers })
  t.teardown(() => socket.terminate())
  const closed = once(socket, 'close').then(([code]) => [Number(code), Date.now()] as const)
  await once(socket, 'message')

  const body = `logout_token=${logoutTokenOf(provider, { sid: 's-1' })}`
  t.equal((await send(body)).status, 200)
  const loggedOutAt = Date.now()
  await until(async () => (await isServed()) === 401, 20_000)
  const [code, closedAt] = await closed
  t.equal(code, 1008)
  t.comment(`closed ${closedAt - loggedOutAt} ms after the answer`)

  const again = await createJarFetch()(`${replica.url}/oauth2/backchannel-logout`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body,
  })
  t.equal(again.status, 400, 'a replay elsewhere is one, too')
})

t.test('BCL-13 junk is turned away after a while, a logout never', async (t) => {
  const { provider, valetkey, signIn, isSignedIn, send } = inMemory
  const client = await signIn('s-1')
  const from = (address: string, claims: Record<string, unknown>) =>
    send(form(logoutTokenOf(provider, claims)), undefined, { 'x-forwarded-for': address })
  /** All at once and a few more then, when all of those have been counted. */
  const flood = async (address: string) => {
    const sendMany = (count: number) =>
      Promise.all(Array.from({ length: count }, () => from(address, { sid: 7 })))
    const answers = [...(await sendMany(100)), ...(await sendMany(10))]
    return answers.filter(({ status }) => status === 429)
  }
  const [turnedAway] = await flood('192.0.2.1')
  t.ok(Number(turnedAway?.headers.get('retry-after')) >= 1)
  t.match(turnedAway?.headers.get('cache-control'), /no-store/)
  t.match(JSON.parse((await turnedAway?.text()) ?? ''), { error: 'temporarily_unavailable' })
  t.equal(
    (await from('192.0.2.2', { sid: 's-1' })).status,
    200,
    'the provider comes from elsewhere',
  )
  t.notOk(await isSignedIn(client))
  t.equal((await flood('192.0.2.2')).length, 0, 'junk that seems to come from the provider')
  t.equal((await from('192.0.2.2', { sid: 's-2' })).status, 200)
  const metrics = await (await fetch(`${valetkey.adminUrl}/metrics`)).text()
  t.match(metrics, 'LOGOUT_THROTTLED')
})

t.test('BCL-12 an invalid token is 400 and ends nothing', async (t) => {
  const { signIn, isSignedIn, post } = inMemory
  const client = await signIn('s-1')
  for (const bent of [{ nonce: 'x' }, { events: {} }, { aud: 'other' }, { iss: 'https://x' }]) {
    t.equal((await post({ sid: 's-1', ...bent })).status, 400)
  }
  t.ok(await isSignedIn(client))
})

t.test('BCL-13 needs no cookie and no origin, and touches no cookie', async (t) => {
  const { provider, signIn, isSignedIn, endpoint } = inMemory
  const client = await signIn('s-1')
  const response = await client(endpoint, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      'sec-fetch-site': 'cross-site',
      origin: 'https://elsewhere.example',
    },
    body: `logout_token=${logoutTokenOf(provider, { sid: 's-1' })}`,
  })
  t.equal(response.status, 200)
  t.equal(response.headers.get('set-cookie'), null)
  t.notOk(await isSignedIn(client))
})

t.test('BCL-13 a login that the logout overtook signs nobody in', async (t) => {
  const { provider, begin, isSignedIn, post, signIn } = inMemory
  const client = createJarFetch()
  const callback = await begin(client)
  provider.claims = { sid: 's-1' }
  t.equal((await post({ sid: 's-1' })).status, 200)
  const response = await client(callback)
  t.equal(response.status, 400)
  t.notOk(await isSignedIn(client))
  t.ok(await isSignedIn(await signIn('s-1')), 'the next login is its own')
})

t.test('BCL-11 the tokens go with the session, and nothing is revoked', async (t) => {
  const { provider, signIn, post } = onRedis
  await redis.client().flushall()
  await signIn('s-1')
  const before = provider.calls.length
  t.equal((await post({ sid: 's-1' })).status, 200)
  t.notOk(provider.calls.slice(before).some(({ method }) => method === 'POST'))
  t.same(await redis.client().keys('valetkey:session:*'), [])
})

t.test('BCL-14 without Redis it is not 200, and the second try works', async (t) => {
  const { provider, valetkey, signIn, isSignedIn, send } = onRedis
  const client = await signIn('s-1')
  const body = `logout_token=${logoutTokenOf(provider, { sid: 's-1' })}`
  await redis.kill()
  const failed = await send(body)
  t.equal(failed.status, 503)
  t.ok(Number(failed.headers.get('retry-after')) >= 1)
  t.match(failed.headers.get('cache-control'), /no-store/)
  await redis.restart()
  await valetkey.ready()
  await until(() => isSignedIn(client))
  t.equal((await send(body)).status, 200)
  t.notOk(await isSignedIn(client))
})

t.test('FCL-1 takes issuer and sid together or not at all', async (t) => {
  const { provider, valetkey, signIn, isSignedIn } = inMemory
  const client = await signIn('s-1')
  const url = `${valetkey.publicUrl}/oauth2/frontchannel-logout`
  const iss = encodeURIComponent(provider.issuer)
  const get = async (query: string) => (await createJarFetch()(`${url}?${query}`)).status
  for (const query of [`iss=${iss}`, 'sid=s-1', `iss=${iss}&sid=s-1&sid=s-1`]) {
    t.equal(await get(query), 400, query)
  }
  for (const query of ['iss=https://other&sid=s-1', `iss=${iss}/&sid=s-1`, `iss=${iss}&sid=`]) {
    t.equal(await get(query), 200, query)
  }
  t.ok(await isSignedIn(client), 'another issuer is ignored')
  t.equal(await get(`iss=${iss}&sid=s-1`), 200)
  t.notOk(await isSignedIn(client))
})

t.test('FCL-1 without both, only a frame of the provider ends the session', async (t) => {
  const { provider, valetkey, signIn, isSignedIn } = inMemory
  const client = await signIn('s-1')
  const url = `${valetkey.publicUrl}/oauth2/frontchannel-logout`
  for (const headers of [{}, { referer: 'https://evil.example/' }, { referer: 'x' }]) {
    t.equal((await client(url, { headers })).status, 200)
    t.ok(await isSignedIn(client))
  }
  await client(url, { headers: { referer: `${provider.issuer}/` } })
  t.notOk(await isSignedIn(client))
})

t.test('FCL-2 only the provider may frame the answer, and nobody keeps it', async (t) => {
  const { provider, valetkey } = inMemory
  const url = `${valetkey.publicUrl}/oauth2/frontchannel-logout`
  const ask = (query: string) => createJarFetch()(`${url}?${query}`, { headers: asNavigation })
  const answered = await ask(`iss=${encodeURIComponent(provider.issuer)}&sid=x`)
  t.match(answered.headers.get('cache-control'), /no-store/)
  t.equal(answered.headers.get('x-frame-options'), null)
  const policy = `default-src 'none'; frame-ancestors ${provider.issuer}`
  t.equal(answered.headers.get('content-security-policy'), policy)
  t.equal((await ask('')).headers.get('content-security-policy'), policy)
  const foreign = await ask('iss=https://evil.example&sid=x')
  t.match(foreign.headers.get('content-security-policy'), "frame-ancestors 'none'")
})

t.test('FCL-3 B16-8 works without cookies, for the sid alone, and revokes nothing', async (t) => {
  const { provider, valetkey, signIn, isSignedIn } = inMemory
  const [one, other] = [await signIn('s-1'), await signIn('s-2')]
  const url = `${valetkey.publicUrl}/oauth2/frontchannel-logout`
  const query = new URLSearchParams({ iss: provider.issuer, sid: 's-1', sub: 'alice' })
  const before = provider.calls.length
  t.equal((await createJarFetch()(`${url}?${query.toString()}`)).status, 200)
  t.notOk(await isSignedIn(one))
  t.ok(await isSignedIn(other))
  t.equal(provider.calls.length, before)
})

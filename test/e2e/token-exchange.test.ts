import { once } from 'node:events'
import t from 'tap'
import { request } from 'undici'
import { WebSocket } from 'ws'
import type { JarFetch } from '../helpers/jar-fetch.js'
import { startRedis } from '../helpers/redis-server.js'
import { asNavigation, signIn, startStack } from '../helpers/stack.js'
import { tokenExchangeGrant } from '../helpers/token-exchange-grant.js'
import { parseEcho, startUpstream } from '../helpers/upstream.js'
import { until } from '../session/fixtures.js'

t.setTimeout(120_000)

const orders = 'https://orders.example.com'
const stock = 'https://stock.example.com'

const redis = await startRedis()
t.teardown(() => redis.stop())
const application = await startUpstream()
t.teardown(() => application.close())
const upstream = application.url
const forOrders = { tokenExchange: { audiences: [orders], scopes: ['read'] } }
const stack = await startStack(t, {
  redis,
  provider: { apis: [orders, stock], introspection: true, exchangedTokenTtlSeconds: 3600 },
  providerConfig: { accessTokenVerification: 'auto' },
  config: {
    trustedProxies: ['127.0.0.1'],
    routes: [
      { match: { path: '/orders/' }, forward: forOrders, upstream },
      { match: { path: '/same/' }, forward: forOrders, upstream },
      {
        match: { path: '/stock/' },
        forward: { accessToken: 'header', tokenExchange: { resources: [stock] } },
        upstream,
      },
      {
        match: { path: '/denied/' },
        forward: { tokenExchange: { audiences: ['https://other.example.com'] } },
        upstream,
      },
      {
        match: { path: '/unusable/' },
        forward: { tokenExchange: { audiences: [orders], requestedTokenType: 'jwt' } },
        upstream,
      },
      {
        match: { path: '/optional/' },
        auth: 'optional',
        forward: { tokenExchange: { audiences: [stock] } },
        upstream,
      },
      {
        match: { path: '/api/' },
        bearer: { audiences: [orders] },
        forward: { tokenExchange: { audiences: [stock] } },
        upstream,
      },
      { match: { path: '/plain/' }, upstream },
    ],
  },
})
const { provider, publicUrl, valetkey } = stack
const replica = await stack.startReplica()

const exchanges = () =>
  provider.tokenRequests.filter(({ grantType }) => grantType === tokenExchangeGrant).length

/** What the provider says of a token. */
async function factsOf(authorization: unknown): Promise<unknown> {
  const pair = [provider.clientId, provider.clientSecret].map(encodeURIComponent).join(':')
  const response = await fetch(`${provider.issuer}/token/introspection`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(pair).toString('base64')}` },
    body: new URLSearchParams({ token: String(authorization).replace('Bearer ', '') }),
  })
  return response.json()
}

/** Asks one of the processes as somebody. */
async function ask(
  path: string,
  {
    cookie,
    url = publicUrl,
    headers = {},
  }: { cookie?: string; url?: string; headers?: Record<string, string> },
) {
  const response = await request(`${url}${path}`, {
    headers: { ...(cookie === undefined ? {} : { cookie }), ...headers },
  })
  const { statusCode: status } = response
  const answer = response.headers['x-valetkey-answer']
  return { status, answer, headers: response.headers, text: await response.body.text() }
}

const sessionOf = async (login: string): Promise<{ client: JarFetch; cookie: string }> => {
  const { client } = await signIn(stack, login, { path: '/plain/' })
  return { client, cookie: client.cookieFor(publicUrl) }
}

async function signOut(client: JarFetch): Promise<void> {
  const headers = { ...asNavigation, 'sec-fetch-site': 'same-origin' }
  await (await client(`${publicUrl}/oauth2/sign_out`, { headers })).text()
}

t.test('TX-1 BCP-7 an upstream gets a token of its own, by one call in each process', async (t) => {
  const { cookie } = await sessionOf('alice')
  const before = exchanges()
  const answers = await Promise.all(
    Array.from({ length: 100 }, (_, index) =>
      ask(index % 3 === 0 ? '/same/' : '/orders/', {
        cookie,
        url: index % 2 === 0 ? valetkey.url : replica.url,
      }),
    ),
  )
  t.same(new Set(answers.map(({ status }) => status)), new Set([200]))
  t.equal(exchanges() - before, 2)
  const sent = new Set(answers.map(({ text }) => parseEcho(text).headers.authorization))
  t.equal(sent.size, 2)
  for (const authorization of sent) {
    t.match(await factsOf(authorization), {
      active: true,
      sub: 'alice',
      aud: orders,
      scope: 'read',
    })
  }
  await ask('/orders/', { cookie })
  t.equal(exchanges() - before, 2, 'and no more later')

  const other = parseEcho((await ask('/stock/', { cookie })).text).headers
  t.equal(other.authorization, undefined)
  t.match(await factsOf(other['x-forwarded-access-token']), { aud: stock, sub: 'alice' })
  t.equal(exchanges() - before, 3)
  const own = parseEcho((await ask('/plain/', { cookie })).text).headers.authorization
  t.notOk(sent.has(own))
})

t.test('TX-1 without a token for it nothing reaches the upstream', async (t) => {
  const { cookie } = await sessionOf('bob')
  application.forget()
  for (const [path, status, code] of [
    ['/denied/', 403, 'ERR_UPSTREAM_TOKEN_DENIED'],
    ['/unusable/', 502, 'ERR_UPSTREAM_TOKEN'],
  ] as const) {
    t.match(await ask(path, { cookie }), { status, answer: code })
  }
  provider.failTokenEndpoint(503, { 'retry-after': '9' })
  const away = await ask('/stock/', { cookie })
  provider.healTokenEndpoint()
  t.match(away, { status: 503, answer: 'ERR_UPSTREAM_TOKEN_UNAVAILABLE' })
  t.equal(away.headers['retry-after'], '9')
  t.same(application.requests, [])
  t.equal((await ask('/plain/', { cookie })).status, 200, 'other routes go on')
  // What the log tells comes by another way than the answers, and may be later.
  await until(() =>
    valetkey.log.some(
      (line) => line.includes('token exchange failed') && line.includes('invalid_target'),
    ),
  )
})

t.test('TX-1 what is known goes on while the provider is away', async (t) => {
  const { cookie } = await sessionOf('carol')
  t.equal((await ask('/orders/', { cookie })).status, 200)
  await provider.stop()
  t.equal((await ask('/orders/', { cookie })).status, 200)
  await provider.start()
})

t.test('TX-1 a session that ends during the exchange serves nobody', async (t) => {
  const { client, cookie } = await sessionOf('alice')
  application.forget()
  provider.pauseTokenEndpoint()
  const arrival = provider.nextTokenRequestArrival()
  const asking = ask('/orders/', { cookie })
  await arrival
  await signOut(client)
  provider.resumeTokenEndpoint()
  t.match(await asking, { status: 401, answer: 'ERR_LOGIN_REQUIRED' })
  t.same(application.requests, [])
})

t.test('TX-1 a session that one process ends has no tokens in the other', async (t) => {
  const { client, cookie } = await sessionOf('alice')
  t.equal((await ask('/orders/', { cookie, url: replica.url })).status, 200)
  await signOut(client)
  for (;;) {
    const { status } = await ask('/orders/', { cookie, url: replica.url })
    if (status === 401) break
    t.equal(status, 200, 'until the news gets there')
  }
})

t.test('TX-1 strangers have no token, and get none', async (t) => {
  const before = exchanges()
  const { status, text } = await ask('/optional/', {})
  t.equal(status, 200)
  t.equal(parseEcho(text).headers.authorization, undefined)
  t.equal(exchanges(), before)
})

t.test('TX-1 the token of a client is exchanged as well, once', async (t) => {
  const before = exchanges()
  const token = await provider.issueAccessToken('bob', { api: orders, scope: 'read' })
  const headers = { authorization: `Bearer ${token}` }
  const [first, second] = [await ask('/api/', { headers }), await ask('/api/', { headers })]
  t.equal(first.text, second.text)
  const { authorization } = parseEcho(first.text).headers
  t.not(authorization, headers.authorization)
  t.match(await factsOf(authorization), { active: true, sub: 'bob', aud: stock })
  t.equal(exchanges() - before, 1)
})

t.test('TX-1 forward auth tells the same token', async (t) => {
  const { cookie } = await sessionOf('alice')
  const { host } = new URL(publicUrl)
  const original = {
    'x-original-method': 'GET',
    'x-original-url': `http://${host}/orders/`,
  }
  const direct = parseEcho((await ask('/orders/', { cookie })).text).headers.authorization
  for (const path of ['/auth', '/forward-auth', '/ext-authz/orders/']) {
    const headers = path.startsWith('/ext') ? {} : original
    const answer = await ask(`/oauth2${path}`, { cookie, headers })
    t.equal(answer.answer, 'ACCESS_GRANTED', path)
    t.equal(answer.headers['authorization'], direct, path)
  }
  const denied = await ask('/oauth2/ext-authz/denied/', { cookie })
  t.match(denied, { status: 403, answer: 'ERR_UPSTREAM_TOKEN_DENIED' })
  t.equal(denied.headers['authorization'], undefined)
})

t.test('TX-1 a WebSocket is opened with the token of its upstream', async (t) => {
  const { cookie } = await sessionOf('alice')
  const webSocket = new WebSocket(`${publicUrl.replace('http', 'ws')}/orders/socket?greet`, {
    headers: { cookie },
  })
  t.teardown(() => webSocket.terminate())
  const [message] = await once(webSocket, 'message')
  const { headers } = parseEcho(String(message))
  t.match(await factsOf(headers.authorization), { aud: orders, sub: 'alice' })
})

t.test('TX-1 OPS-4 no token gets into the log or the metrics, which count exchanges', async (t) => {
  const metrics = await (await fetch(`${valetkey.adminUrl}/metrics`)).text()
  for (const outcome of [
    'exchanged',
    'ERR_UPSTREAM_TOKEN',
    'ERR_UPSTREAM_TOKEN_DENIED',
    'ERR_UPSTREAM_TOKEN_UNAVAILABLE',
  ]) {
    t.match(metrics, new RegExp(`valetkey_token_exchanges_total{outcome="${outcome}"} [1-9]`))
  }
  const lines = [...valetkey.log, ...replica.log, metrics]
  for (const secret of provider.secrets) {
    t.equal(
      lines.find((line) => line.includes(secret)),
      undefined,
      `nothing of ${secret.slice(0, 6)}…`,
    )
  }
})

import t from 'tap'
import { pino } from 'pino'
import { createRouteTokens } from '../../src/app/upstream-tokens.js'
import { createMemoryStore } from '../../src/session/memory-store.js'
import type { SentToken } from '../../src/session/session.js'
import { createMetrics } from '../../src/telemetry/metrics.js'
import { startAppInProcess } from '../helpers/app-in-process.js'
import { loadText } from '../helpers/config-fixtures.js'
import { createEnvoyClient } from '../helpers/envoy-client.js'
import { freePort } from '../helpers/free-port.js'
import { startProvider } from '../helpers/provider.js'
import { signIn } from '../helpers/stack.js'
import { tokenExchangeGrant } from '../helpers/token-exchange-grant.js'
import { parseEcho, startUpstream } from '../helpers/upstream.js'

const api = 'https://api.example.com'

t.test('TX-1 a refresh of the session makes no exchange; its own expiry does', async (t) => {
  const provider = await startProvider({
    apis: [api],
    accessTokenTtlSeconds: 300,
    exchangedTokenTtlSeconds: 500,
  })
  t.teardown(() => provider.stop())
  const upstream = await startUpstream()
  t.teardown(() => upstream.close())
  const port = await freePort()
  const publicUrl = `http://localhost:${port}`
  provider.redirectUris.add(`${publicUrl}/oauth2/callback`)
  const { issuer, clientId, clientSecret } = provider
  const checkAddress = `127.0.0.1:${await freePort()}`
  let ahead = 0
  const config = {
    publicUrl,
    listen: `127.0.0.1:${port}`,
    providers: [{ issuer, clientId, clientSecret }],
    session: { refreshAhead: '100s' },
    trustedProxies: ['127.0.0.1'],
    extAuthz: { listen: checkAddress },
    routes: [
      {
        upstream: upstream.url,
        forward: { tokenExchange: { audiences: [api] } },
      },
    ],
  }
  await startAppInProcess(t, config, { clock: () => Date.now() + ahead })
  const { client } = await signIn({ publicUrl }, 'alice')
  const sent = async () => {
    const response = await client(`${publicUrl}/`)
    t.equal(response.status, 200)
    return parseEcho(await response.text()).headers.authorization
  }
  const calls = (grant: string) =>
    provider.tokenRequests.filter(({ grantType }) => grantType === grant).length

  const first = await sent()
  const envoy = createEnvoyClient(checkAddress)
  t.teardown(() => envoy.close())
  const headers = { cookie: client.cookieFor(publicUrl) }
  const checked = await envoy.check({
    method: 'GET',
    path: '/',
    host: `localhost:${port}`,
    headers,
  })
  t.equal(checked.headers.get('authorization'), first, 'the same over gRPC')
  t.equal(calls(tokenExchangeGrant), 1)
  ahead = 310_000
  t.equal(await sent(), first, 'the access token has expired and was refreshed')
  t.same([calls('refresh_token'), calls(tokenExchangeGrant)], [1, 1])
  ahead = 420_000
  const renewal = provider.nextTokenRequest()
  t.equal(await sent(), first, 'one that is soon due is good until the new one is there')
  t.equal((await renewal).grantType, tokenExchangeGrant)
  ahead = 510_000
  const second = await sent()
  t.not(second, first)
  t.equal(calls(tokenExchangeGrant), 2)
})

t.test('the tokens of a session are forgotten when it ends, and not when it changes', async (t) => {
  const config = loadText(`
publicUrl: https://app.example.com
providers: [{ issuer: https://idp.example.com, clientId: app, clientSecret: s3cret-s3cret-s3cret }]
routes: [{ upstream: 'http://127.0.0.1:3000', forward: { tokenExchange: { audiences: [a] } } }]
`)
  const issuer = 'https://idp.example.com'
  const store = createMemoryStore(Date.now)
  t.teardown(() => store.close())
  const logger = pino({ level: 'silent' })
  const metrics = createMetrics()
  const now = Date.now()
  const subjects: string[] = []
  const exchangeForUpstream = async ({ accessToken }: SentToken) => {
    subjects.push(accessToken)
    return { token: { accessToken: 'one' }, expiresAt: now + 3_600_000 }
  }
  const tokens = createRouteTokens(config, {
    providers: new Map([
      ['default', { isNamed: (named) => named === issuer, exchangeForUpstream }],
    ]),
    metrics,
    logger,
    clock: Date.now,
    store,
  })
  const target = config.routes[0]?.forward.tokenExchange
  if (target === undefined) throw new Error('no target')
  await store.create('key', Buffer.from('sealed'), now, now + 3_600_000)
  const own = { key: 'key', tokens: { accessToken: 'own' } }
  await tokens.obtain({ ...own, identity: { providerId: 'default', issuer } }, target, now)
  await store.replace('key', Buffer.from('sealed anew'), 1)
  await new Promise(setImmediate)
  t.equal(tokens.holds('key'), true)
  await store.destroy('key')
  await new Promise(setImmediate)
  t.equal(tokens.holds('key'), false)

  const moved = { ...own, key: 'moved', identity: { providerId: 'default', issuer: 'https://b' } }
  t.match(await tokens.obtain(moved, target, now), { code: 'ERR_UPSTREAM_TOKEN' })
  t.same(subjects, ['own'], 'a token is shown to no issuer but its own')
})

import t from 'tap'
import { createTicket, formatTicket } from '../../src/session/ticket.js'
import { createEnvoyClient } from '../helpers/envoy-client.js'
import { freePort } from '../helpers/free-port.js'
import { startRedis } from '../helpers/redis-server.js'
import { send } from '../helpers/send-raw.js'
import { signIn, startStack } from '../helpers/stack.js'
import { startValetkey } from '../helpers/valetkey.js'

t.setTimeout(120_000)

const tokenTtlSeconds = 2

/** Access tokens run out by the clock and by nothing else, so this waits for the clock. */
const expiry = () => new Promise((resolve) => setTimeout(resolve, tokenTtlSeconds * 1000 + 100))

t.test('forward auth in trouble', async (t) => {
  const redis = await startRedis()
  t.teardown(() => redis.stop())
  const address = `127.0.0.1:${await freePort()}`
  const stack = await startStack(t, {
    redis,
    provider: { accessTokenTtlSeconds: tokenTtlSeconds },
    config: { trustedProxies: ['127.0.0.1'], extAuthz: { listen: address } },
  })
  const envoy = createEnvoyClient(address)
  t.teardown(() => envoy.close())
  const { host } = new URL(stack.publicUrl)

  /** Asks in all four ways at once about a request with that cookie. */
  async function askAll(cookie: string) {
    const line = `Cookie: ${cookie}`
    const nginx = ['X-Original-Method: GET', `X-Original-URL: http://${host}/x`, line]
    const traefik = ['X-Forwarded-Method: GET', 'X-Forwarded-Uri: /x', line]
    return Promise.all([
      send(stack, '/oauth2/auth', nginx),
      send(stack, '/oauth2/forward-auth', traefik),
      send(stack, '/oauth2/ext-authz/x', [line]),
      envoy.check({ method: 'GET', path: '/x', host, headers: { cookie } }),
    ])
  }

  await t.test('ING-4 a refresh needs no new cookie', async (t) => {
    const { client } = await signIn(stack, 'alice')
    const cookie = client.cookieFor(stack.publicUrl)
    const bearers = new Set<string | undefined>()
    for (const round of ['fresh', 'refreshed', 'refreshed again']) {
      const seen = await askAll(cookie)
      const tokens = new Set(seen.map(({ headers }) => headers.get('authorization')))
      t.match([...tokens], [/^Bearer ./], `${round}: one token in all of them`)
      t.equal(tokens.size, 1, round)
      for (const token of tokens) bearers.add(token)
      for (const { headers } of seen) t.notOk(headers.has('set-cookie'), round)
      if (round !== 'refreshed again') await expiry()
    }
    t.equal(bearers.size, 3)
    const refreshes = stack.provider.tokenRequests.filter(
      ({ grantType }) => grantType === 'refresh_token',
    )
    t.equal(refreshes.length, 2, 'one for each expiry')
  })

  await t.test('ING-3 what is no check is never let through', async (t) => {
    const messages = [
      Buffer.alloc(0),
      Buffer.from('nonsense'),
      Buffer.alloc(1000, 0xff),
      Buffer.from([0x0a, 0x00]),
      Buffer.from([0x0a, 0x02, 0x22, 0x00]),
    ]
    for (const message of messages) {
      await t.rejects(envoy.send(message), { code: 3 }, message.toString('hex'))
    }
    await t.rejects(envoy.check({ method: '', path: '/', host }), { code: 3 })
    await t.rejects(envoy.check({ method: 'GET', path: '', host }), { code: 3 })
    t.equal((await envoy.check({ method: 'GET', path: '/' })).status, 400, 'no host')
    t.equal((await envoy.check({ method: 'GET', path: 'x', host })).status, 400)
    await t.rejects(
      envoy.send(Buffer.alloc(0), new Date(0)),
      { code: 4 },
      'a deadline that is over',
    )
    const headers = { accept: 'a', __proto__: 'b', constructor: 'c', ':path': '/public' }
    t.equal((await envoy.check({ method: 'GET', path: '/', host, headers })).status, 401)
  })

  await t.test('ING-5 a peer that is not trusted gets no check decided', async (t) => {
    const other = `127.0.0.1:${await freePort()}`
    const { issuer, clientId, clientSecret } = stack.provider
    const valetkey = await startValetkey({
      config: {
        trustedProxies: ['127.0.0.2'],
        extAuthz: { listen: other },
        providers: [{ issuer, clientId, clientSecret }],
        routes: [{ auth: 'public', upstream: stack.upstream.url }],
      },
    })
    t.teardown(() => valetkey.kill())
    const stranger = createEnvoyClient(other)
    t.teardown(() => stranger.close())
    const refused = await stranger.check({ method: 'GET', path: '/', host: 'localhost' })
    t.equal(refused.status, 400)
    t.equal(refused.headers.get('x-valetkey-answer'), 'ERR_ORIGINAL_REQUEST_MISSING')
    t.match(valetkey.log.join('\n'), 'trustedProxies does not list the peer that asks')
    t.equal(await valetkey.stop(), 0, 'a listener more does not keep the process from ending')
  })

  await t.test(
    'ING-1 a store that is away is 503 in all ways, and lets nobody through',
    async (t) => {
      await redis.kill()
      const seen = await askAll(`valetkey=${formatTicket(createTicket())}`)
      for (const { status, headers } of seen) {
        t.equal(status, 503)
        t.equal(headers.get('x-valetkey-answer'), 'ERR_STORE_UNAVAILABLE')
        t.match(headers.get('retry-after'), /^[1-9]/)
        t.notOk(headers.has('set-cookie'))
        t.notOk(headers.has('location'))
      }
    },
  )
})

import { once } from 'node:events'
import { connect } from 'node:net'
import t from 'tap'
import { WebSocket } from 'ws'
import { createJarFetch } from '../helpers/jar-fetch.js'
import { startProvider } from '../helpers/provider.js'
import { startRedis } from '../helpers/redis-server.js'
import { asNavigation, sessionKey, signIn, startStack } from '../helpers/stack.js'
import { startUpstream } from '../helpers/upstream.js'
import { freePort } from '../helpers/free-port.js'
import { startValetkey } from '../helpers/valetkey.js'

t.setTimeout(120_000)

async function readiness(adminUrl: string): Promise<{ status: number; components: string[] }> {
  const response = await fetch(`${adminUrl}/readyz`)
  const body: unknown = await response.json()
  const reasons: unknown = typeof body === 'object' && body !== null && Reflect.get(body, 'reasons')
  const components = Array.isArray(reasons)
    ? reasons.map((each: { component: string }) => each.component)
    : []
  return { status: response.status, components }
}

t.test(
  'DISC-4 it starts without the provider and without Redis, says so, and heals by itself',
  async (t) => {
    const provider = await startProvider()
    t.teardown(() => provider.stop())
    await provider.stop()
    const redis = await startRedis()
    t.teardown(() => redis.stop())
    await redis.kill()
    const upstream = await startUpstream()
    t.teardown(() => upstream.close())
    const port = await freePort()
    const publicUrl = `http://localhost:${port}`
    const valetkey = await startValetkey({
      port,
      config: {
        providers: [
          {
            id: 'corp',
            issuer: provider.issuer,
            clientId: 'app',
            clientSecret: provider.clientSecret,
            timeout: '1s',
          },
        ],
        session: { store: 'redis', redis: { url: redis.url }, keys: [sessionKey] },
        routes: [
          { match: { path: '/public/' }, auth: 'public', upstream: upstream.url },
          { upstream: upstream.url },
        ],
      },
    })
    t.teardown(() => valetkey.kill())

    t.strictSame(await readiness(valetkey.adminUrl), {
      status: 503,
      components: ['provider corp', 'session store'],
    })
    t.equal((await fetch(`${valetkey.adminUrl}/healthz`)).status, 200)
    const client = createJarFetch()
    t.equal((await client(`${publicUrl}/public/x`)).status, 200, 'public routes work')
    const start = await client(`${publicUrl}/oauth2/start`, { headers: asNavigation })
    t.equal(start.status, 503)
    t.equal(start.headers.get('x-valetkey-answer'), 'ERR_PROVIDER_UNAVAILABLE')
    t.ok(start.headers.has('retry-after'))
    await start.text()

    provider.redirectUris.add(`${publicUrl}/oauth2/callback`)
    await provider.start()
    await redis.restart()
    await valetkey.ready()
    const { client: alice } = await signIn({ publicUrl }, 'alice')
    t.equal((await alice(`${publicUrl}/page`)).status, 200)
  },
)

t.test(
  'SIGTERM turns readiness off, lets the requests under way finish, and exits with 0',
  async (t) => {
    const stack = await startStack(t, { config: { shutdown: { wait: '2s', drain: '20s' } } })
    const { valetkey, upstream, publicUrl } = stack
    const { client } = await signIn(stack, 'alice')
    const arrived = upstream.nextRequest()
    const slow = client(`${publicUrl}/slow`)
    await arrived

    const exited = once(valetkey.child, 'exit')
    valetkey.child.kill('SIGTERM')
    // The only sign of it outside is the answer to this question.
    for (let state = await readiness(valetkey.adminUrl); state.status === 200;) {
      state = await readiness(valetkey.adminUrl)
    }
    t.strictSame((await readiness(valetkey.adminUrl)).components, ['process'])
    t.equal((await client(`${publicUrl}/during-the-wait`)).status, 200, 'still served')
    await refusesConnections(publicUrl)
    upstream.release()
    const finished = await slow
    t.equal(finished.status, 200)
    await finished.text()
    t.strictSame(await exited, [0, null])
  },
)

t.test('a second signal exits at once', async (t) => {
  const stack = await startStack(t, { config: { shutdown: { wait: '60s', drain: '60s' } } })
  const { child, log, adminUrl } = stack.valetkey
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  for (let state = await readiness(adminUrl); state.status === 200;) {
    state = await readiness(adminUrl)
  }
  child.kill('SIGINT')
  t.strictSame(await exited, [130, null])
  t.ok(log.some((line) => line.includes('second signal')))
})

t.test('a WebSocket works with a session, and gets 401 without one', async (t) => {
  const stack = await startStack(t)
  const { client } = await signIn(stack, 'alice')
  const url = `${stack.publicUrl.replace('http', 'ws')}/socket?greet`

  const stranger = new WebSocket(url)
  const [, refusal] = await once(stranger, 'unexpected-response')
  t.equal(refusal.statusCode, 401)
  t.equal(refusal.headers['x-valetkey-answer'], 'ERR_LOGIN_REQUIRED')
  t.equal(refusal.headers['set-cookie'], undefined)

  const headers = { cookie: `${client.cookieFor(stack.publicUrl)}; theirs=1` }
  const socket = new WebSocket(url, { headers: { ...headers, 'x-forwarded-user': 'mallory' } })
  t.teardown(() => socket.terminate())
  const [greeting] = await once(socket, 'message')
  const seen = JSON.parse(String(greeting))
  t.equal(seen.headers['x-forwarded-user'], 'alice')
  t.match(seen.headers.authorization, /^Bearer /)
  t.equal(seen.headers.cookie, 'theirs=1')
  socket.send('hello')
  const [echo] = await once(socket, 'message')
  t.equal(String(echo), 'hello')
})

/** Resolves once nothing listens at that URL any more. */
async function refusesConnections(url: string): Promise<void> {
  for (;;) {
    const socket = connect({ host: '127.0.0.1', port: Number(new URL(url).port) })
    const refused = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(false)).once('error', () => resolve(true))
    })
    socket.destroy()
    if (refused) return
  }
}

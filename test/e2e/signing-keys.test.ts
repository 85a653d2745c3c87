import { createRemoteJWKSet, jwtVerify } from 'jose'
import t from 'tap'
import { startAppInProcess } from '../helpers/app-in-process.js'
import { startFleet } from '../helpers/fleet.js'
import { freePort } from '../helpers/free-port.js'
import { startRedis } from '../helpers/redis-server.js'
import { sessionKey, signIn } from '../helpers/stack.js'
import { parseEcho, startUpstream } from '../helpers/upstream.js'
import { until } from '../session/fixtures.js'

t.setTimeout(120_000)

const audience = 'https://app.example.com'

async function keysAt(url: string): Promise<readonly string[]> {
  const response = await fetch(`${url}/oauth2/jwks`)
  if (response.status !== 200) return []
  const keys: unknown = Object(await response.json()).keys
  return Array.isArray(keys) ? keys.map((key: { kid: string }) => key.kid).toSorted() : []
}

t.test(
  'replicas that start at once sign with one key, through a flush and a kill -9',
  async (t) => {
    const redis = await startRedis()
    t.teardown(() => redis.stop())
    const application = await startUpstream()
    t.teardown(() => application.close())
    const fleet = await startFleet(t, {
      redis,
      config: { routes: [{ upstream: application.url, forward: { assertion: { audience } } }] },
    })
    const { publicUrl, members } = fleet
    const urls = members.map(({ valetkey }) => valetkey.url)
    const [kid = '', ...others] = await keysAt(urls[0] ?? '')
    t.same(others, [])
    for (const url of urls) t.same(await keysAt(url), [kid])

    const kept = createRemoteJWKSet(new URL(`${urls[0]}/oauth2/jwks`))
    async function verify() {
      const { client } = await signIn(fleet, 'alice')
      const { headers } = parseEcho(await (await client(`${publicUrl}/`)).text())
      const assertion = String(headers['x-valetkey-assertion'])
      const { protectedHeader } = await jwtVerify(assertion, kept, { issuer: publicUrl, audience })
      t.equal(protectedHeader.kid, kid)
    }
    await verify()

    const store = redis.client()
    const [name = ''] = await store.keys('valetkey:signing-keys:*')
    t.match(name, /^valetkey:signing-keys:\{[0-9a-f]{16}\}$/)
    t.notMatch((await store.getBuffer(name))?.toString('latin1'), /"d"|jwk|P-256/, 'sealed')

    const [dying, ...survivors] = members
    dying.link?.loseAnswers()
    await store.flushall()
    await until(async () => (await store.exists(name)) === 1)
    await dying.valetkey.kill('SIGKILL')
    fleet.balancer.targets.shift()
    for (const { valetkey } of survivors) t.ok((await keysAt(valetkey.url)).includes(kid))
    await verify()
  },
)

t.test('without a key there is no key set, rather than an empty one that is kept', async (t) => {
  const app = await startAppInProcess(t, {
    session: {
      store: 'redis',
      redis: { url: `redis://127.0.0.1:${await freePort()}` },
      keys: [sessionKey],
    },
    routes: [{ upstream: 'http://127.0.0.1:9', forward: { assertion: { audience } } }],
  })
  const response = await fetch(`${app.url}/oauth2/jwks`)
  t.equal(response.status, 503)
  t.equal(response.headers.get('x-valetkey-answer'), 'ERR_ASSERTION_KEY_MISSING')
  t.equal(response.headers.get('cache-control'), 'no-store')
  t.ok(response.headers.has('retry-after'))
})

t.test('where no route has an assertion the key set is empty, and not kept', async (t) => {
  const app = await startAppInProcess(t, { routes: [{ upstream: 'http://127.0.0.1:9' }] })
  const response = await fetch(`${app.url}/oauth2/jwks`)
  t.same(await response.json(), { keys: [] })
  t.match(response.headers.get('cache-control'), /max-age=0$/)
})

import t from 'tap'
import { startHostileProvider } from '../helpers/hostile-provider.js'
import { createJarFetch } from '../helpers/jar-fetch.js'
import { startRedis } from '../helpers/redis-server.js'
import { startSeveral, visit, whoIs } from '../helpers/several.js'
import { sessionKey } from '../helpers/stack.js'

t.setTimeout(120_000)

t.test('CORE-25 an id that is given to another issuer hands no tokens over to it', async (t) => {
  const [before, after] = [await startHostileProvider(), await startHostileProvider()]
  for (const provider of [before, after]) t.teardown(() => provider.stop())
  const redis = await startRedis()
  t.teardown(() => redis.stop())
  const session = { store: 'redis', redis: { url: redis.url }, keys: [sessionKey] }
  const config = () => ({ session })
  let ahead = 0
  const clock = () => Date.now() + ahead

  const old = await startSeveral(t, { corp: before }, { config, clock })
  await old.app.ready()
  const clients = [createJarFetch(), createJarFetch()] as const
  for (const client of clients) {
    const { location } = await visit(old, '/oauth2/start', { client })
    const answer = before.authorize(location)
    t.match(await visit(old, `/oauth2/callback?${answer}`, { client }), { status: 302 })
  }
  const { publicUrl } = old
  await old.app.close()
  const site = await startSeveral(t, { corp: after }, { config, clock, publicUrl })
  await site.app.ready()

  const [leaving, staying] = clients
  t.equal(await whoIs(site, leaving), 'corp alice', 'the session lasts')
  const left = await visit(site, '/oauth2/sign_out', { client: leaving })
  t.match(left, { status: 200, answer: 'SIGNED_OUT', location: '' })
  t.notMatch(left.body, after.issuer)

  ahead += 61_000
  const { answer } = await visit(site, '/', { client: staying })
  t.equal(answer, 'LOGIN_REQUIRED', 'until its access token ends')
  t.same(
    after.calls.map(({ path }) => path).filter((path) => !path.startsWith('/.well-known/')),
    [],
    'the other issuer is asked nothing',
  )
})

t.test(
  'CORE-25 a login under way hands no code to another issuer that its id is given to',
  async (t) => {
    const [before, after] = [await startHostileProvider(), await startHostileProvider()]
    for (const provider of [before, after]) t.teardown(() => provider.stop())
    const client = createJarFetch()

    const old = await startSeveral(t, { corp: before })
    const { location } = await visit(old, '/oauth2/start', { client })
    const answer = before.authorize(location)
    const { publicUrl } = old
    await old.app.close()
    const site = await startSeveral(t, { corp: after }, { publicUrl })

    const arrived = await visit(site, `/oauth2/callback?${answer}`, { client })
    t.match(arrived, { status: 400, answer: 'ERR_CALLBACK' })
    t.match(arrived.body, '/oauth2/start', 'the sign-in can be started again')
    t.equal(after.callsTo('/token'), 0)
  },
)

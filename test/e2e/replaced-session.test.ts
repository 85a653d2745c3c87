import t from 'tap'
import { createJarFetch, type JarFetch, withCookie } from '../helpers/jar-fetch.js'
import { signInAtProvider } from '../helpers/provider.js'
import { type RedisServer, startRedis } from '../helpers/redis-server.js'
import { asNavigation, signIn, startStack } from '../helpers/stack.js'

t.setTimeout(120_000)

const token = 'operator-token-of-the-tests'
const fromHere = { ...asNavigation, 'sec-fetch-site': 'same-origin' }
const ticketOf = (client: JarFetch, url: string) =>
  /(?:^|; )(valetkey=[^;]+)/.exec(client.cookieFor(url))?.[1] ?? ''

const redis = await startRedis()
t.teardown(() => redis.stop())
const stack = await startStack(t, {
  redis,
  config: { admin: { listen: '127.0.0.1:0', token } },
})
const { publicUrl } = stack

async function statusOf(cookie: string, url = publicUrl): Promise<number> {
  const response = await createJarFetch()(`${url}/`, { headers: { cookie } })
  await response.text()
  return response.status
}

/** Signs in once more; `callbackShowsTicket: false` withholds the ticket there, as browsers may. */
async function signInAgain(client: JarFetch, { callbackShowsTicket = true } = {}): Promise<void> {
  const start = await client(`${publicUrl}/oauth2/start?rd=/again`, { headers: asNavigation })
  await start.text()
  const callback = await signInAtProvider(client, start.headers.get('location') ?? '', 'alice')
  const cookies = client.cookieFor(publicUrl)
  const shown = callbackShowsTicket ? cookies : cookies.replace(ticketOf(client, publicUrl), '')
  const response = await withCookie(client, shown)(callback, { headers: asNavigation })
  await response.text()
  t.equal(response.headers.get('location'), '/again')
}

async function timesToLive({ client }: RedisServer): Promise<number[]> {
  const looking = client()
  const keys = await looking.keys('valetkey:session:*')
  const times = await Promise.all(keys.map((key) => looking.pttl(key)))
  return times.toSorted((one, other) => one - other)
}

t.beforeEach(async () => void (await redis.client().flushall()))

t.test('CK-7 a session that a new login replaced does not outlive the process', async (t) => {
  const replica = await stack.startReplica()
  const { client } = await signIn(stack, 'alice')
  const before = ticketOf(client, publicUrl)
  t.equal(await statusOf(before, replica.url), 200)
  await signInAgain(client)
  const after = ticketOf(client, publicUrl)
  t.not(after, before)
  t.equal(await statusOf(before), 200, 'requests of other tabs are still on their way')
  t.equal(await statusOf(before, replica.url), 200)

  const [retired = 0, current = 0, ...more] = await timesToLive(redis)
  t.ok(retired <= 10_000, `Redis itself ends it in ${retired} ms, at most 10 s`)
  t.ok(current > 60_000)
  t.same(more, [])

  const page = await client(`${publicUrl}/oauth2/sessions`, { headers: asNavigation })
  t.notMatch(await page.text(), 'Sign out everywhere', 'people see one session')
  const headers = { authorization: `Bearer ${token}` }
  const listed = await fetch(`${replica.adminUrl}/sessions?sub=alice`, { headers })
  t.match(await listed.text(), /^\{"sessions":\[\{[^{}]*\}\]\}$/, 'so do operators')

  t.equal((await client(`${publicUrl}/oauth2/sign_out`, { headers: fromHere })).status, 302)
  t.equal(await statusOf(after), 401)
  t.equal(await statusOf(before), 401, 'a sign-out does not wait for it')
  t.same(await timesToLive(redis), [])
})

t.test('a callback without the ticket replaces the session of the start', async (t) => {
  const { client } = await signIn(stack, 'alice')
  const before = ticketOf(client, publicUrl)
  await signInAgain(client, { callbackShowsTicket: false })
  const [retired = 0, , ...more] = await timesToLive(redis)
  t.ok(retired <= 10_000)
  t.same(more, [])
  t.equal(await statusOf(before), 200)
})

t.test('a login replaces no session whose ticket was not there', async (t) => {
  const { client: victim } = await signIn(stack, 'alice')
  const [, secret = ''] = ticketOf(victim, publicUrl).split(/(?<=\.)(?=[^.]+$)/)
  const guessed = ticketOf(victim, publicUrl).replace(secret, 'A'.repeat(secret.length))
  for (const ticket of [guessed, 'valetkey=x', `valetkey=${'x'.repeat(3000)}`]) {
    const stranger = createJarFetch()
    const start = await stranger(`${publicUrl}/oauth2/start`, {
      headers: { ...asNavigation, cookie: ticket },
    })
    await start.text()
    const callback = await signInAtProvider(stranger, start.headers.get('location') ?? '', 'alice')
    const response = await stranger(callback, { headers: asNavigation })
    await response.text()
    t.equal(response.status, 302)
  }
  t.equal(await statusOf(ticketOf(victim, publicUrl)), 200)
  t.ok((await timesToLive(redis)).every((leftMs) => leftMs > 60_000))
})

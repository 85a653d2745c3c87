import { once } from 'node:events'
import t, { type Test } from 'tap'
import { createJarFetch, type JarFetch } from '../helpers/jar-fetch.js'
import { type LiveParts, openLive } from '../helpers/live-parts.js'
import { type RedisServer, startRedis } from '../helpers/redis-server.js'
import { asNavigation, signIn, type Stack, startStack } from '../helpers/stack.js'

t.setTimeout(120_000)

/** Resolves with the longest time until a part was closed. */
async function allClosed(parts: readonly LiveParts[], code: number, t: Test): Promise<number> {
  const startedAt = performance.now()
  for (const { webSocketClosed, streamEnded } of parts) {
    t.equal(await webSocketClosed, code)
    t.match(await streamEnded, /^HTTP\/1.1 200 OK[^]*data: 2[^]*\r\n0\r\n\r\n$/)
  }
  return performance.now() - startedAt
}

async function startTwo(
  t: Test,
  options: { redis: RedisServer; session?: object; provider?: object },
) {
  const stack = await startStack(t, {
    redis: options.redis,
    session: { ...options.session },
    provider: { ...options.provider },
  })
  const replica = await stack.startReplica()
  const urls = [stack.valetkey.url, replica.url]
  async function enter(): Promise<{ client: JarFetch; cookie: string; parts: LiveParts[] }> {
    const { client } = await signIn(stack, 'alice')
    const cookie = client.cookieFor(stack.publicUrl)
    const parts = await Promise.all(urls.map((url) => openLive(t, url, cookie)))
    return { client, cookie, parts }
  }
  return { stack, urls, enter }
}

const signOut = async (client: JarFetch, { publicUrl }: Stack) => {
  const headers = { ...asNavigation, 'sec-fetch-site': 'same-origin' }
  await (await client(`${publicUrl}/oauth2/sign_out`, { headers })).text()
}

t.test('whatever ends a session closes what is open on every replica', async (t) => {
  const redis = await startRedis()
  t.teardown(() => redis.stop())
  const { stack, urls, enter } = await startTwo(t, { redis })
  const meddler = redis.client()
  const deleteAll = async () => {
    const keys = await meddler.keys('valetkey:session:*')
    await meddler.del(...keys)
  }
  const endings: Record<string, (client: JarFetch) => Promise<unknown>> = {
    'a sign-out': (client) => signOut(client, stack),
    'a deletion by anybody': deleteAll,
    'a FLUSHALL': () => meddler.flushall(),
  }
  for (const [name, end] of Object.entries(endings)) {
    const bystander = await enter()
    const { client, cookie, parts } = await enter()
    const arrived = stack.upstream.nextRequest()
    const inFlight = createJarFetch()(`${urls[1]}/slow`, { headers: { cookie } })
    await arrived
    await end(client)
    t.comment(`${name}: ${Math.round(await allClosed(parts, 1008, t))} ms`)

    stack.upstream.release()
    t.equal((await inFlight).status, 200, 'a request in flight finishes')
    const refused = await createJarFetch()(`${urls[1]}/`, { headers: { cookie } })
    t.equal(refused.status, 401)
    if (name !== 'a sign-out') continue
    for (const { webSocket } of bystander.parts) {
      webSocket.send('hello')
      t.equal(String((await once(webSocket, 'message'))[0]), 'hello', 'other sessions go on')
    }
  }
})

t.test('so do the end of inactivity, and of the lifetime', async (t) => {
  const redis = await startRedis()
  t.teardown(() => redis.stop())
  for (const session of [
    { inactivityTimeout: '2s', lifetime: '1h' },
    { inactivityTimeout: '2s', lifetime: '2s' },
  ]) {
    const { enter } = await startTwo(t, { redis, session })
    const { parts } = await enter()
    for (const { webSocket } of parts) webSocket.send('frames are no activity')
    await allClosed(parts, 1008, t)
  }
})

t.test('a change of the session that is no end disturbs nothing', async (t) => {
  const redis = await startRedis()
  t.teardown(() => redis.stop())
  const { stack, enter } = await startTwo(t, { redis, provider: { accessTokenTtlSeconds: 2 } })
  const { client, parts } = await enter()
  const refreshed = () =>
    stack.provider.tokenRequests.some(({ grantType }) => grantType === 'refresh_token')
  while (!refreshed()) await (await client(`${stack.publicUrl}/`)).text()
  await (await client(`${stack.publicUrl}/`)).text()
  for (const { webSocket } of parts) {
    webSocket.send('hello')
    t.equal(String((await once(webSocket, 'message'))[0]), 'hello')
  }
})

t.test('SIGTERM closes what is open as going away, and does not wait for it', async (t) => {
  const stack = await startStack(t)
  const { client } = await signIn(stack, 'alice')
  const parts = await openLive(t, stack.valetkey.url, client.cookieFor(stack.publicUrl))
  const exited = stack.valetkey.stop()
  await allClosed([parts], 1001, t)
  t.equal(await exited, 0)
})

import t, { type Test } from 'tap'
import { createJarFetch, type JarFetch, withCookie } from '../helpers/jar-fetch.js'
import { signInAtProvider } from '../helpers/provider.js'
import { type RedisServer, startRedis } from '../helpers/redis-server.js'
import { asNavigation, sessionKey, type Stack, startStack } from '../helpers/stack.js'

t.setTimeout(120_000)

async function startPair(t: Test): Promise<{ redis: RedisServer; stack: Stack; replica: string }> {
  const redis = await startRedis()
  t.teardown(() => redis.stop())
  const session = {
    store: 'redis',
    redis: { url: redis.url, commandTimeout: '500ms' },
    keys: [sessionKey],
  }
  const stack = await startStack(t, { redis, session })
  const replica = await stack.startReplica()
  return { redis, stack, replica: replica.url }
}

/** Signs in at the provider and gives the callback, which has not been requested yet. */
async function callbackOf({ publicUrl }: Stack, client: JarFetch): Promise<string> {
  const start = await client(`${publicUrl}/oauth2/start?rd=/there`, { headers: asNavigation })
  await start.text()
  return signInAtProvider(client, start.headers.get('location') ?? '', 'alice')
}

t.test('CORE-3 one callback, twice at once on each of two processes, signs in once', async (t) => {
  const { stack, replica } = await startPair(t)
  const client = createJarFetch()
  const url = await callbackOf(stack, client)
  const cookie = client.cookieFor(stack.publicUrl)
  const urls = [url, url.replace(stack.publicUrl, replica)]
  const statuses = await Promise.all(
    [...urls, ...urls].map(async (each) => {
      const response = await withCookie(createJarFetch(), cookie)(each, { headers: asNavigation })
      await response.text()
      return response.status
    }),
  )
  t.strictSame(
    statuses.toSorted((a, b) => a - b),
    [302, 400, 400, 400],
  )
  t.equal(stack.provider.tokenRequests.length, 1)
})

t.test('a callback while Redis is away loses nothing: later it works', async (t) => {
  const { redis, stack } = await startPair(t)
  const client = createJarFetch()
  const url = await callbackOf(stack, client)
  const cookie = client.cookieFor(stack.publicUrl)
  await redis.kill()
  const during = await client(url, { headers: asNavigation })
  await during.text()
  t.equal(during.status, 503)
  t.ok(during.headers.has('retry-after'))
  t.equal(client.cookieFor(stack.publicUrl), cookie, 'no cookie was touched')
  t.equal(stack.provider.tokenRequests.length, 0, 'the code is not spent')

  await redis.restart()
  await stack.valetkey.ready()
  const after = await client(url, { headers: asNavigation })
  t.equal(after.headers.get('location'), '/there')
})

t.test('a session that Redis does not take is no session: 503 and no ticket', async (t) => {
  const { redis, stack } = await startPair(t)
  const client = createJarFetch()
  const url = await callbackOf(stack, client)
  stack.provider.pauseTokenEndpoint()
  const arrival = stack.provider.nextTokenRequestArrival()
  const finishing = client(url, { headers: asNavigation })
  await arrival
  redis.pause()
  stack.provider.resumeTokenEndpoint()
  const response = await finishing
  const page = await response.text()
  redis.resume()
  t.equal(response.status, 503)
  t.match(page, /Start the sign-in again/)
  t.notMatch(client.cookieFor(stack.publicUrl), /valetkey=/)
})

t.test('whatever comes with a good state, the answer is no fault of ours', async (t) => {
  const stack = await startStack(t)
  const issuer = encodeURIComponent(stack.provider.issuer)
  const queries = [
    '',
    'code=',
    'code=%00',
    'code=a&code=b',
    `code=${'z'.repeat(5000)}`,
    'code=x&response=x',
    'code=x&id_token=x',
    'access_token=x&token_type=bearer',
    'error=%0d%0aSet-Cookie:%20a=b',
    'error=',
    'code=x&iss=another',
    'code=%ff%zz',
  ]
  for (const query of queries) {
    const client = createJarFetch()
    const start = await client(`${stack.publicUrl}/oauth2/start`, { headers: asNavigation })
    const state = new URL(start.headers.get('location') ?? '').searchParams.get('state')
    const url = `${stack.publicUrl}/oauth2/callback?state=${state}&iss=${issuer}&${query}`
    const response = await client(url, { headers: asNavigation })
    await response.text()
    t.equal(response.status, 400, query)
    t.notMatch(client.cookieFor(stack.publicUrl), /valetkey/, query)
  }
})

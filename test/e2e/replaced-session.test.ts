import t from 'tap'
import { createJarFetch } from '../helpers/jar-fetch.js'
import { startRedis } from '../helpers/redis-server.js'
import { asNavigation, signIn, startStack } from '../helpers/stack.js'

t.setTimeout(120_000)

t.test('CK-7 a session that a new login replaced does not outlive the process', async (t) => {
  const redis = await startRedis()
  t.teardown(() => redis.stop())
  const stack = await startStack(t, { redis })
  const { client } = await signIn(stack, 'alice')
  const cookie = client.cookieFor(stack.publicUrl)
  const url = `${stack.publicUrl}/oauth2/start?rd=/again`
  let location: string | null = url
  while (location !== null) {
    const response = await client(new URL(location, stack.publicUrl).href, {
      headers: asNavigation,
    })
    await response.text()
    location = response.headers.get('location')
  }
  t.not(client.cookieFor(stack.publicUrl), cookie)
  const old = createJarFetch()
  const during = await old(`${stack.publicUrl}/`, { headers: { cookie } })
  await during.text()
  t.equal(during.status, 200, 'requests of other tabs are still on their way')

  const replica = await stack.startReplica()
  t.equal(await stack.valetkey.stop(), 0)
  const after = await old(`${replica.url}/`, { headers: { cookie } })
  await after.text()
  t.equal(after.status, 401)
})

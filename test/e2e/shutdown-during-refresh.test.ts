import { once } from 'node:events'
import { connect } from 'node:net'
import t from 'tap'
import { startRedis } from '../helpers/redis-server.js'
import { signIn, startStack } from '../helpers/stack.js'

t.setTimeout(120_000)

t.test('a process that is told to stop finishes the refresh that it began', async (t) => {
  const redis = await startRedis()
  t.teardown(() => redis.stop())
  const stack = await startStack(t, { redis, provider: { accessTokenTtlSeconds: 1 } })
  const { provider, valetkey, publicUrl } = stack
  const { client } = await signIn(stack, 'alice')
  const cookie = client.cookieFor(publicUrl)
  // Access tokens run out by the clock and by nothing else.
  await new Promise((resolve) => setTimeout(resolve, 1100))

  provider.pauseTokenEndpoint()
  const arrival = provider.nextTokenRequestArrival()
  const { host, port } = new URL(publicUrl)
  const impatient = connect({ host: '127.0.0.1', port: Number(port) })
  impatient.write(`GET / HTTP/1.1\r\nHost: ${host}\r\nCookie: ${cookie}\r\n\r\n`)
  await arrival
  impatient.destroy()
  const exited = once(valetkey.child, 'exit')
  valetkey.child.kill('SIGTERM')
  const replica = await stack.startReplica()
  const answer = provider.nextTokenRequest()
  provider.resumeTokenEndpoint()
  await answer

  t.strictSame(await exited, [0, null])
  const response = await client(`${replica.url}/`, { headers: { cookie } })
  t.equal(response.status, 200, 'the new refresh token is not lost, and the session goes on')
  t.notOk(provider.tokenRequests.some(({ status }) => status !== 200))
})

import t from 'tap'
import { startRedis } from '../helpers/redis-server.js'
import { type Stack, signIn, startStack } from '../helpers/stack.js'
import { parseEcho } from '../helpers/upstream.js'
import { createJarFetch, type JarFetch } from '../helpers/jar-fetch.js'

t.setTimeout(180_000)

const tokenTtlSeconds = 5

/** Access tokens run out by the clock and by nothing else, so this waits for the clock. */
const expiry = () => new Promise((resolve) => setTimeout(resolve, tokenTtlSeconds * 1000 + 100))

const refreshesOf = ({ provider }: Stack) =>
  provider.tokenRequests.filter(({ grantType }) => grantType === 'refresh_token')

async function bearerOf(
  client: JarFetch,
  url: string,
  headers: Record<string, string> = {},
): Promise<string> {
  const response = await client(url, { headers })
  const body = await response.text()
  if (response.status !== 200) throw new Error(`${response.status} ${body}`)
  return parseEcho(body).headers.authorization ?? ''
}

t.test('RF-1 200 requests in parallel at the moment of expiry make one token call', async (t) => {
  const stack = await startStack(t, { provider: { accessTokenTtlSeconds: tokenTtlSeconds } })
  const { client } = await signIn(stack, 'alice')
  const before = await bearerOf(client, `${stack.publicUrl}/`)
  await expiry()

  const bearers = await Promise.all(
    Array.from({ length: 200 }, (_, index) => bearerOf(client, `${stack.publicUrl}/${index}`)),
  )
  t.equal(new Set(bearers).size, 1, 'all of them go on with the same new token')
  t.not(bearers[0], before)
  t.equal(refreshesOf(stack).length, 1)
})

t.test('RF-1 the same through two processes on one Redis', async (t) => {
  const redis = await startRedis()
  t.teardown(() => redis.stop())
  const stack = await startStack(t, {
    redis,
    provider: { accessTokenTtlSeconds: tokenTtlSeconds },
  })
  const replica = await stack.startReplica()
  const { client } = await signIn(stack, 'alice')
  const cookie = client.cookieFor(stack.publicUrl)
  const balanced = createJarFetch()
  const both = [stack.valetkey.url, replica.url]
  const ask = (index: number) => bearerOf(balanced, `${both[index % 2]}/${index}`, { cookie })
  await Promise.all([ask(0), ask(1)])
  await expiry()

  const bearers = await Promise.all(Array.from({ length: 200 }, (_, index) => ask(index)))
  t.equal(new Set(bearers).size, 1, 'both processes go on with the same new token')
  t.equal(refreshesOf(stack).length, 1)
})

t.test('a client at 20 requests a second outlives its tokens without noticing', async (t) => {
  const stack = await startStack(t, { provider: { accessTokenTtlSeconds: tokenTtlSeconds } })
  const { client } = await signIn(stack, 'alice')
  const seconds = 60
  const answers = new Map<string, number>()
  const pending: Promise<void>[] = []
  const startedAt = Date.now()

  async function ask(): Promise<void> {
    const response = await client(`${stack.publicUrl}/poll`)
    await response.text()
    const answer = `${response.status} ${response.headers.get('x-valetkey-answer') ?? 'proxied'}`
    answers.set(answer, (answers.get(answer) ?? 0) + 1)
  }
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      if (Date.now() - startedAt < seconds * 1000) return pending.push(ask())
      clearInterval(timer)
      return resolve()
    }, 50)
  })
  await Promise.all(pending)

  t.strictSame([...answers.keys()], ['200 proxied'], 'nothing but the answers of the application')
  const failed = stack.provider.tokenRequests.filter(({ status }) => status !== 200)
  t.strictSame(failed, [], 'no refresh token was used twice')
  const refreshes = refreshesOf(stack).length
  t.comment(`${refreshes} refreshes in ${seconds} s of ${tokenTtlSeconds} s tokens`)
  t.ok(refreshes >= seconds / tokenTtlSeconds - 1, 'the tokens were renewed')
  t.ok(refreshes <= (seconds / tokenTtlSeconds) * 1.25, 'and no more often than they run out')
})

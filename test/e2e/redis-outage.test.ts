import { EventEmitter } from 'node:events'
import t from 'tap'
import { createJarFetch } from '../helpers/jar-fetch.js'
import { startRedis } from '../helpers/redis-server.js'
import { signIn, startStack } from '../helpers/stack.js'

t.setTimeout(120_000)

interface Answer {
  readonly name: string
  readonly retryAfter: string | null
  readonly setCookie: string | null
  readonly location: string | null
}

const served = '200 proxied'
const unavailable = '503 ERR_STORE_UNAVAILABLE'

t.test('killing Redis under two processes signs nobody out', async (t) => {
  // With every write on disk, so that what comes back has the sessions.
  const redis = await startRedis({ args: ['--appendonly', 'yes', '--appendfsync', 'always'] })
  t.teardown(() => redis.stop())
  const stack = await startStack(t, { redis, session: { staleOnStoreError: '2s' } })
  const replica = await stack.startReplica()
  const { client } = await signIn(stack, 'alice')
  const cookie = client.cookieFor(stack.publicUrl)
  const poll = startPolling([stack.valetkey.url, replica.url], cookie)
  t.teardown(poll.stop)

  await poll.rounds(5)
  t.strictSame([...poll.take()], [served])

  await redis.kill()
  await poll.until(unavailable)
  await poll.rounds(20)
  t.ok(poll.seen.has(served), 'cached sessions went on for a while')

  await redis.restart()
  const returnedAt = Date.now()
  await poll.untilOnly(served)
  t.comment(`all was well ${Date.now() - returnedAt} ms after the return of Redis`)
  poll.stop()

  for (const answer of poll.answers) {
    if (answer.name === unavailable) t.ok(Number(answer.retryAfter) >= 1, 'says when to try again')
    else t.equal(answer.name, served)
    t.equal(answer.setCookie, null, 'no cookie is touched')
    t.equal(answer.location, null, 'nobody is sent to sign in')
  }
})

/** Asks all addresses in turn, one round after the other. */
function startPolling(urls: readonly string[], cookie: string) {
  const client = createJarFetch()
  const events = new EventEmitter<{ round: [readonly string[]] }>()
  const answers: Answer[] = []
  const seen = new Set<string>()
  const polling = { stopped: false }

  async function ask(url: string): Promise<string> {
    const headers = {
      cookie,
      accept: 'text/html',
      'sec-fetch-mode': 'navigate',
      'sec-fetch-site': 'none',
    }
    const response = await client(`${url}/poll`, { headers })
    await response.text()
    const name = `${response.status} ${response.headers.get('x-valetkey-answer') ?? 'proxied'}`
    seen.add(name)
    answers.push({
      name,
      retryAfter: response.headers.get('retry-after'),
      setCookie: response.headers.get('set-cookie'),
      location: response.headers.get('location'),
    })
    return name
  }
  async function run(): Promise<void> {
    while (!polling.stopped) {
      const names = await Promise.all(urls.map(ask))
      events.emit('round', names)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
  void run()

  const round = () => new Promise<readonly string[]>((resolve) => events.once('round', resolve))

  return {
    answers,
    seen,
    take() {
      const names = new Set(seen)
      seen.clear()
      return names
    },
    async rounds(count: number) {
      for (let index = 0; index < count; index++) await round()
    },
    async until(name: string) {
      while (!(await round()).includes(name));
    },
    /** Until five rounds in succession had this answer alone. */
    async untilOnly(name: string) {
      for (let inRow = 0; inRow < 5;) {
        inRow = (await round()).every((each) => each === name) ? inRow + 1 : 0
      }
    },
    stop() {
      polling.stopped = true
    },
  }
}

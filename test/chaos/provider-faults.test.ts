import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { startFleet } from '../helpers/fleet.js'
import { ask, type Answer, served } from '../helpers/load.js'
import { startRedis } from '../helpers/redis-server.js'
import { signIn } from '../helpers/stack.js'

t.setTimeout(120_000)

const tokenTtlSeconds = 2
const redis = await startRedis()
t.teardown(() => redis.stop())
const fleet = await startFleet(t, {
  redis,
  provider: { accessTokenTtlSeconds: tokenTtlSeconds },
  providerConfig: { timeout: '1s' },
})
const { members, provider, publicUrl } = fleet
const urls = members.map(({ valetkey }) => `${valetkey.url}/work`)
const refreshAway = '503 ERR_REFRESH_UNAVAILABLE'

/** Access tokens run out by the clock and by nothing else, so this waits for the clock. */
const expiry = () => sleep(tokenTtlSeconds * 1000 + 100)

/** Somebody whose access token has just run out. */
async function signInAndExpire(): Promise<string> {
  const { client } = await signIn(fleet, 'alice')
  await expiry()
  return client.cookieFor(publicUrl)
}

/** Twenty requests through each process at once. */
const rush = (cookie: string) =>
  Promise.all(Array.from({ length: 60 }, (_, index) => ask(urls[index % 3] ?? '', cookie)))

const namesOf = (answers: readonly Answer[]) => [...new Set(answers.map(({ name }) => name))]
const refreshStatuses = () =>
  provider.tokenRequests
    .filter(({ grantType }) => grantType === 'refresh_token')
    .map(({ status }) => status)

/** What everybody is told while a failure lasts: come back, within so many seconds; no cookie changes. */
function isTold(answers: readonly Answer[], withinSeconds: number): boolean {
  return answers.every(
    ({ name, retryAfter, setsCookie, redirects }) =>
      name === refreshAway &&
      Number(retryAfter) >= 1 &&
      Number(retryAfter) <= withinSeconds &&
      !setsCookie &&
      !redirects,
  )
}

/** Asks one process again as it is told to, until it says something else. */
async function outwait(cookie: string): Promise<string> {
  for (;;) {
    const { name, retryAfter } = await ask(urls[0] ?? '', cookie)
    if (name !== refreshAway) return name
    await sleep(Number(retryAfter) * 1000)
  }
}

t.test('a slow provider: everybody waits for the one call', async (t) => {
  const cookie = await signInAndExpire()
  const before = refreshStatuses().length
  provider.pauseTokenEndpoint()
  const arrival = provider.nextTokenRequestArrival()
  const answers = rush(cookie)
  await arrival
  // Slow, but within the timeout of one second.
  await sleep(300)
  provider.resumeTokenEndpoint()
  t.strictSame(namesOf(await answers), [served])
  t.strictSame(refreshStatuses().slice(before), [200])
})

t.test('RF-3 429 with Retry-After: everybody is told, and each process asks once', async (t) => {
  const cookie = await signInAndExpire()
  const before = refreshStatuses().length
  provider.failTokenEndpoint(429, { 'retry-after': '3' })
  t.ok(isTold(await rush(cookie), 3))
  t.ok(isTold(await rush(cookie), 3))
  const calls = refreshStatuses().slice(before)
  t.ok(calls.length <= members.length, `${calls.length} calls for 120 requests`)
  provider.healTokenEndpoint()
  t.equal(await outwait(cookie), served, 'the session lives on')
})

t.test('RF-3 5xx: told to come back, few calls, and the session lives on', async (t) => {
  for (const status of [500, 503]) {
    const cookie = await signInAndExpire()
    const before = refreshStatuses().length
    provider.failTokenEndpoint(status, {}, 'out of order')
    t.ok(isTold(await rush(cookie), 5))
    const calls = refreshStatuses().slice(before)
    t.ok(calls.length <= members.length, `${calls.length} calls for 60 requests`)
    provider.healTokenEndpoint()
    t.equal(await outwait(cookie), served)
  }
})

t.test('RF-3 no answer in time, and never worked on: the session lives on', async (t) => {
  const cookie = await signInAndExpire()
  provider.pauseTokenEndpoint()
  t.ok(isTold(await rush(cookie), 5))
  provider.dropHeldTokenRequests(Number.POSITIVE_INFINITY)
  provider.resumeTokenEndpoint()
  t.equal(await outwait(cookie), served)
})

t.test('RF-3 the provider is gone and comes back: the session lives on', async (t) => {
  const cookie = await signInAndExpire()
  await provider.stop()
  t.ok(isTold(await rush(cookie), 5))
  await provider.start()
  t.equal(await outwait(cookie), served)
})

t.test('RF-5 the answer is lost after the rotation: one clean sign-in', async (t) => {
  const { client } = await signIn(fleet, 'bob')
  const cookie = client.cookieFor(publicUrl)
  await expiry()
  const before = refreshStatuses().length
  provider.loseTokenResponses()
  const first = await ask(urls[0] ?? '', cookie)
  t.equal(first.name, refreshAway)
  provider.healTokenEndpoint()
  t.equal(await outwait(cookie), '302 LOGIN_REQUIRED', 'the provider has revoked the grant')
  t.strictSame(namesOf(await rush(cookie)), ['302 LOGIN_REQUIRED'])
  t.strictSame(refreshStatuses().slice(before), [0, 400], 'no loop')
  t.equal((await signIn(fleet, 'bob', { client })).landed, `${publicUrl}/`)
})

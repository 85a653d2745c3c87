import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { type Fleet, startFleet } from '../helpers/fleet.js'
import { ask, served } from '../helpers/load.js'
import { startRedis } from '../helpers/redis-server.js'
import { signIn } from '../helpers/stack.js'

t.setTimeout(120_000)

const tokenTtlSeconds = 2
const redis = await startRedis()
t.teardown(() => redis.stop())
const fleet = await startFleet(t, {
  redis,
  provider: { accessTokenTtlSeconds: tokenTtlSeconds },
})
const { members, provider, publicUrl } = fleet
const urls = members.map(({ valetkey }) => `${valetkey.url}/work`)

/** Access tokens run out by the clock and by nothing else, so this waits for the clock. */
const expiry = () => sleep(tokenTtlSeconds * 1000 + 100)

const cookieOf = async (login: string) => (await signIn(fleet, login)).client.cookieFor(publicUrl)

const refreshes = ({ provider: { tokenRequests } }: Fleet) =>
  tokenRequests.filter(({ grantType }) => grantType === 'refresh_token')

const names = (answers: { name: string }[]) => [...new Set(answers.map(({ name }) => name))]

/** Asks again as often as it is told to come back, and says how often that was. */
async function askUntilDecided(url: string, cookie: string) {
  for (let waits = 0; ; waits++) {
    const { name, retryAfter } = await ask(url, cookie)
    if (!name.startsWith('503')) return { name, waits }
    if (retryAfter === undefined) throw new Error(`${name} without Retry-After`)
    await sleep(Number(retryAfter) * 1000)
  }
}

t.test('RF-1 three processes, 100 requests each, one expired token: one call', async (t) => {
  const cookie = await cookieOf('carol')
  await expiry()
  const requests = Array.from({ length: 300 }, (_, index) => ask(urls[index % 3] ?? '', cookie))
  t.strictSame(names(await Promise.all(requests)), [served])
  t.equal(refreshes(fleet).length, 1)
})

t.test('RF-2 the process that refreshes is killed in mid-call', async (t) => {
  const [alice, bob] = [await cookieOf('alice'), await cookieOf('bob')]
  await expiry()
  const before = refreshes(fleet).length
  const [victim = '', ...others] = urls
  provider.pauseTokenEndpoint()
  for (const cookie of [alice, bob]) {
    const arrival = provider.nextTokenRequestArrival()
    void ask(victim, cookie)
    await arrival
  }
  // Stopped first, so that it takes nothing in of what happens until it is dead: the provider never
  // works on the first call; on the second it does, and the new refresh token dies with the process.
  const { valetkey } = members[0]
  valetkey.child.kill('SIGSTOP')
  provider.dropHeldTokenRequests(1)
  const answered = provider.nextTokenRequest()
  provider.resumeTokenEndpoint()
  await answered
  await valetkey.kill()

  const rush = (cookie: string) =>
    Promise.all(Array.from({ length: 200 }, (_, i) => askUntilDecided(others[i % 2] ?? '', cookie)))
  const [ofAlice, ofBob] = await Promise.all([rush(alice), rush(bob)])
  t.strictSame(names(ofAlice), [served], 'the session goes on with one call more')
  t.strictSame(names(ofBob), ['302 LOGIN_REQUIRED'], 'the provider has revoked the grant')
  const calls = refreshes(fleet).slice(before)
  t.strictSame(
    calls.map(({ status }) => status).toSorted((one, other) => one - other),
    [200, 200, 400],
  )
  const { waits } = ofAlice[0] ?? { waits: 0 }
  t.comment(`told to wait ${waits} times until the lease of the dead process ran out`)
})

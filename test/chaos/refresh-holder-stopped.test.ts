import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { startFleet } from '../helpers/fleet.js'
import { ask, served } from '../helpers/load.js'
import { startRedis } from '../helpers/redis-server.js'
import { signIn } from '../helpers/stack.js'
import { until } from '../session/fixtures.js'

t.setTimeout(120_000)

const tokenTtlSeconds = 2
const redis = await startRedis()
t.teardown(() => redis.stop())
const fleet = await startFleet(t, {
  redis,
  provider: { accessTokenTtlSeconds: tokenTtlSeconds },
})
const { members, provider, publicUrl } = fleet
const [{ valetkey: holder, link }, { valetkey: other }] = members
const observer = redis.client()

/** Access tokens run out by the clock and by nothing else, so this waits for the clock. */
const expiry = () => sleep(tokenTtlSeconds * 1000 + 100)
const cookieOf = async (login: string) => (await signIn(fleet, login)).client.cookieFor(publicUrl)
const refreshStatuses = () =>
  provider.tokenRequests
    .filter(({ grantType }) => grantType === 'refresh_token')
    .map(({ status }) => status)

async function lockRunsOut() {
  await until(async () => (await observer.keys('valetkey:lock:*')).length === 0, 20_000)
}

/** Resolves when the server has seen the holder take the lock and then read the session under it. */
async function readUnderLock(t: Test): Promise<void> {
  const monitor = await redis.client().monitor()
  t.teardown(() => monitor.disconnect())
  let isLocked = false
  await new Promise<void>((resolve) => {
    monitor.on('monitor', (_time: string, [command = '', key = '']: string[]) => {
      const name = command.toLowerCase()
      if (name !== 'hmget') isLocked ||= key.startsWith('valetkey:lock:') && name !== 'exists'
      else if (isLocked) resolve()
    })
  })
}

// Here the deadline of the command that was under way may do what the check of the lease is there for:
// test/session/refresh-faults.test.ts is what fails without that check.
t.test('stopped past its lease before it asks: it finds out and uses no spent token', async (t) => {
  const cookie = await cookieOf('alice')
  await expiry()
  // So slow a link leaves time to stop the process while what it reads is on its way.
  link?.pass(300)
  const read = readUnderLock(t)
  const answer = ask(`${holder.url}/work`, cookie)
  await read
  holder.child.kill('SIGSTOP')
  t.strictSame(refreshStatuses(), [], 'it did not come to ask the provider')
  await lockRunsOut()
  t.equal((await ask(`${other.url}/work`, cookie)).name, served)
  t.strictSame(refreshStatuses(), [200])

  link?.pass()
  holder.child.kill('SIGCONT')
  await answer
  await until(async () => (await ask(`${holder.url}/work`, cookie)).name === served)
  await expiry()
  t.equal((await ask(`${other.url}/work`, cookie)).name, served, 'the grant lives on')
  t.strictSame(new Set(refreshStatuses()), new Set([200]))
})

t.test('stopped past its lease in mid-call: one call more, one clean sign-in', async (t) => {
  const { client } = await signIn(fleet, 'bob')
  const cookie = client.cookieFor(publicUrl)
  await expiry()
  const before = refreshStatuses().length
  provider.pauseTokenEndpoint()
  const arrival = provider.nextTokenRequestArrival()
  const answer = ask(`${holder.url}/work`, cookie)
  await arrival
  holder.child.kill('SIGSTOP')
  const worked = provider.nextTokenRequest()
  provider.resumeTokenEndpoint()
  await worked
  await lockRunsOut()
  // Only the stopped process could know the new refresh token; the provider revokes the grant.
  await until(
    async () => (await ask(`${other.url}/work`, cookie)).name === '302 LOGIN_REQUIRED',
    30_000,
  )
  t.strictSame(refreshStatuses().slice(before), [200, 400])

  holder.child.kill('SIGCONT')
  await answer
  t.equal((await ask(`${holder.url}/work`, cookie)).name, '302 LOGIN_REQUIRED', 'it stays ended')
  t.equal((await ask(`${other.url}/work`, cookie)).name, '302 LOGIN_REQUIRED')
  t.strictSame(refreshStatuses().slice(before), [200, 400], 'and nobody asked again')
  t.equal((await signIn(fleet, 'bob', { client })).landed, `${publicUrl}/`)
})

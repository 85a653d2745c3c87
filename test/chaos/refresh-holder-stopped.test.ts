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
  // The slow link below would use most of the usual deadline, and a busy machine the rest.
  redisSettings: { commandTimeout: '5s' },
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

/** Watches the server from now on for a process that takes the lock and then reads the session under it. */
async function watchReadUnderLock(t: Test): Promise<{ readonly seen: Promise<void> }> {
  const monitor = await redis.client().monitor()
  t.teardown(() => monitor.disconnect())
  let isLocked = false
  const seen = new Promise<void>((resolve) => {
    monitor.on('monitor', (_time: string, [command = '', key = '']: string[]) => {
      const name = command.toLowerCase()
      if (name === 'set') isLocked ||= key.startsWith('valetkey:lock:')
      else if (name === 'hmget' && isLocked) resolve()
    })
  })
  return { seen }
}

/** Asks the other process until it answers otherwise than that it is to be asked again. */
async function askOther(cookie: string) {
  for (let waits = 0; ; waits++) {
    const { name, retryAfter } = await ask(`${other.url}/work`, cookie)
    if (!name.startsWith('503')) return { name, waits }
    if (retryAfter === undefined) throw new Error(`${name} without Retry-After`)
    await sleep(Number(retryAfter) * 1000)
  }
}

const { client: bobsBrowser } = await signIn(fleet, 'bob')
const [alice, bob, carol] = [
  await cookieOf('alice'),
  bobsBrowser.cookieFor(publicUrl),
  await cookieOf('carol'),
]
provider.forgivesReuseOf.add('carol')
const answers: Promise<unknown>[] = []

// One stop for all, since it takes as long as a lease.
t.test('a process is stopped past the leases of three refreshes', async (t) => {
  await expiry()
  provider.pauseTokenEndpoint()
  for (const cookie of [bob, carol]) {
    const arrival = provider.nextTokenRequestArrival()
    answers.push(ask(`${holder.url}/work`, cookie))
    await arrival
  }
  // So slow a link leaves time to stop the process while what it reads is on its way.
  link?.pass(300)
  const read = await watchReadUnderLock(t)
  answers.push(ask(`${holder.url}/work`, alice))
  await read.seen
  holder.child.kill('SIGSTOP')
  t.teardown(() => link?.pass())
  provider.resumeTokenEndpoint()
  await until(() => refreshStatuses().length === 2)
  await lockRunsOut()
  t.strictSame(refreshStatuses(), [200, 200], 'it asked for two, and has not taken the answers in')
})

t.test('before it asked: the other refreshes', async (t) => {
  t.equal((await ask(`${other.url}/work`, alice)).name, served)
  t.strictSame(refreshStatuses(), [200, 200, 200])
})

t.test('in mid-call, and it stays away: one call more, one clean sign-in', async (t) => {
  const { name, waits } = await askOther(bob)
  t.equal(name, '302 LOGIN_REQUIRED', 'the provider has revoked the grant')
  t.ok(waits > 0, 'not before it could have returned')
  t.strictSame(refreshStatuses().slice(3), [400])
})

t.test('in mid-call, and it continues: its tokens are waited for', async (t) => {
  const refusal = provider.nextTokenRequest()
  const waiting = askOther(carol)
  t.match(await refusal, { status: 400 })
  holder.child.kill('SIGCONT')
  const { name, waits } = await waiting
  t.equal(name, served, 'the session lives')
  t.ok(waits > 0)
  t.strictSame(refreshStatuses().slice(4, 5), [400], 'with one call more')
})

// Here the deadline of the command that was under way may do what the check of the lease is there for:
// test/session/refresh-faults.test.ts is what fails without that check.
t.test('continued, it undoes nothing and uses no spent token', async (t) => {
  await Promise.all(answers)
  for (const cookie of [alice, carol]) {
    await until(async () => (await ask(`${holder.url}/work`, cookie)).name === served)
  }
  t.equal((await ask(`${holder.url}/work`, bob)).name, '302 LOGIN_REQUIRED', 'it stays ended')
  t.equal((await ask(`${other.url}/work`, bob)).name, '302 LOGIN_REQUIRED')
  await expiry()
  for (const cookie of [alice, carol]) {
    t.equal((await ask(`${other.url}/work`, cookie)).name, served, 'the grant lives on')
  }
  t.strictSame(new Set(refreshStatuses().slice(5)), new Set([200]))
  t.equal((await signIn(fleet, 'bob', { client: bobsBrowser })).landed, `${publicUrl}/`)
})

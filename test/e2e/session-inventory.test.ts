import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { parseSessionListing } from '../../src/admin/session-listing.js'
import { createJarFetch, withHeaders } from '../helpers/jar-fetch.js'
import { startRedis } from '../helpers/redis-server.js'
import { asNavigation, signIn, type StackOptions, startStack } from '../helpers/stack.js'
import { mainFile, type ValetkeyProcess } from '../helpers/valetkey.js'
import { withoutPreloads } from '../helpers/without-preloads.js'

t.setTimeout(120_000)

const token = 'operator-token-of-the-tests'

/** Two processes on one Redis. */
async function start(t: Test, options: Pick<StackOptions, 'session'> = {}) {
  const redis = await startRedis()
  t.teardown(() => redis.stop())
  const stack = await startStack(t, {
    redis,
    ...options,
    config: { admin: { listen: '127.0.0.1:0', token }, trustedProxies: ['127.0.0.1/32'] },
  })
  const replica = await stack.startReplica()

  /** Signs in with a device of its own. */
  async function signInFrom(login: string, userAgent: string, address: string) {
    const device = { 'user-agent': userAgent, 'x-forwarded-for': address }
    const client = withHeaders(createJarFetch(), device)
    await signIn(stack, login, { client })
    const cookie = client.cookieFor(stack.publicUrl)
    /** Whether this process takes the device's ticket. */
    const statusAt = async (valetkey: ValetkeyProcess) =>
      (await createJarFetch()(`${valetkey.url}/page`, { headers: { cookie } })).status
    return { client, statusAt }
  }
  return { ...stack, replica, signInFrom }
}

async function ask({ adminUrl }: ValetkeyProcess, path: string, method = 'GET') {
  return fetch(adminUrl + path, { method, headers: { authorization: `Bearer ${token}` } })
}

async function listAt(valetkey: ValetkeyProcess, query = '') {
  return parseSessionListing(await (await ask(valetkey, `/sessions${query}`)).json()).sessions
}

/** Waits for the replicas to hear of it, a second at most. */
async function endsWithinOneSecond(isOver: () => Promise<boolean>): Promise<boolean> {
  const deadline = Date.now() + 1000
  while (Date.now() < deadline) if (await isOver()) return true
  return false
}

t.test('every replica lists and revokes the sessions of all', async (t) => {
  const { provider, valetkey, replica, signInFrom } = await start(t)
  const phone = await signInFrom('alice', 'Phone/1', '203.0.113.7')
  const laptop = await signInFrom('alice', 'Laptop/1', '2001:db8::7')
  const bob = await signInFrom('bob', 'x'.repeat(1000), '198.51.100.1')
  for (const { statusAt } of [phone, laptop, bob]) {
    for (const process of [valetkey, replica]) t.equal(await statusAt(process), 200)
  }

  const answer = await (await ask(replica, '/sessions')).text()
  for (const secret of provider.secrets) t.notOk(answer.includes(secret))
  const listed = await listAt(replica, '?sub=alice')
  t.same(
    new Set(listed.map(({ userAgent, clientAddress }) => `${userAgent} ${clientAddress}`)),
    new Set(['Phone/1 203.0.113.7', 'Laptop/1 2001:db8::7']),
  )
  t.match(listed[0], { provider: 'corp', issuer: provider.issuer, sub: 'alice' })
  t.equal((await listAt(replica, '?sub=bob'))[0]?.userAgent.length, 256)
  t.equal((await ask(replica, '/sessions?sub=alice', 'POST')).status, 404)

  const lost = listed.find(({ userAgent }) => userAgent === 'Phone/1')
  t.equal((await ask(replica, `/sessions/${lost?.id}`, 'DELETE')).status, 204)
  for (const process of [valetkey, replica]) {
    t.ok(await endsWithinOneSecond(async () => (await phone.statusAt(process)) === 401))
    t.equal(await laptop.statusAt(process), 200)
  }
  t.same(await (await ask(valetkey, '/sessions?sub=alice', 'DELETE')).json(), { ended: 1 })
  for (const process of [valetkey, replica]) {
    t.ok(await endsWithinOneSecond(async () => (await laptop.statusAt(process)) === 401))
    t.equal(await bob.statusAt(process), 200)
  }
  const metrics = await (await fetch(`${valetkey.adminUrl}/metrics`)).text()
  t.match(metrics, 'valetkey_sessions_ended_total{reason="revoked"} 1')
  t.equal((await fetch(`${valetkey.adminUrl}/sessions`)).status, 401)
})

t.test('the command line reaches the admin listener of the configuration', async (t) => {
  const { provider, publicUrl, upstream, replica, signInFrom } = await start(t)
  await signInFrom('alice', 'Phone/1', '203.0.113.7')
  const bob = await signInFrom('bob', 'Laptop/1', '203.0.113.8')
  const env = {
    PATH: process.env['PATH'] ?? '',
    VALETKEY_PUBLIC_URL: publicUrl,
    VALETKEY_ISSUER: provider.issuer,
    VALETKEY_CLIENT_ID: 'app',
    VALETKEY_CLIENT_SECRET: 'secret',
    VALETKEY_UPSTREAM: upstream.url,
    VALETKEY_ADMIN_LISTEN: new URL(replica.adminUrl).host,
    VALETKEY_ADMIN_TOKEN: token,
  }
  const run = (...args: string[]) =>
    promisify(execFile)(...withoutPreloads(process.execPath, mainFile, 'sessions', ...args), {
      env,
    })
  const { stdout } = await run('list')
  t.match(stdout, /alice.*203\.0\.113\.7 +Phone\/1\n/)
  const id = /^(\S+) +bob /m.exec(stdout)?.[1] ?? ''
  t.equal((await run('revoke', id)).stdout, '1 session ended\n')
  t.ok(await endsWithinOneSecond(async () => (await bob.statusAt(replica)) === 401))
  await t.rejects(run('revoke', id), { code: 1, stdout: '', stderr: /there is no session/ })
})

t.test('a login beyond session.maxPerUser ends the oldest session', async (t) => {
  const { valetkey, replica, signInFrom } = await start(t, { session: { maxPerUser: 2 } })
  const devices = []
  for (const name of ['One/1', 'Two/1', 'Three/1']) {
    devices.push(await signInFrom('alice', name, '203.0.113.7'))
  }
  const [first, ...others] = devices
  for (const process of [valetkey, replica]) {
    t.ok(await endsWithinOneSecond(async () => (await first?.statusAt(process)) === 401))
    for (const { statusAt } of others) t.equal(await statusAt(process), 200)
  }
})

t.test('people end their own sessions only, and other sites none', async (t) => {
  const { publicUrl, valetkey, replica, signInFrom } = await start(t)
  const url = `${publicUrl}/oauth2/sessions`
  const alice = await signInFrom('alice', 'Laptop/1', '203.0.113.7')
  const phone = await signInFrom('alice', 'Phone/1', '203.0.113.8')
  const bob = await signInFrom('bob', 'Bobs/1', '203.0.113.9')
  const [bobs] = await listAt(valetkey, '?sub=bob')
  const phones = (await listAt(valetkey, '?sub=alice')).find((each) => each.userAgent === 'Phone/1')

  async function post(end: string, headers: Record<string, string> = { origin: publicUrl }) {
    return alice.client(url, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      body: new URLSearchParams({ end }).toString(),
    })
  }
  const page = await (await alice.client(url, { headers: asNavigation })).text()
  t.match(page, 'Phone/1')
  t.notMatch(page, 'Bobs/1')

  for (const headers of [
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site', origin: 'https://sibling.example.com' },
  ]) {
    for (const end of [phones?.id ?? '', 'others', 'all']) {
      const answer = await post(end, headers)
      t.equal(answer.status, 403)
      t.equal(answer.headers.get('x-valetkey-answer'), 'ERR_CROSS_SITE_REQUEST')
    }
  }
  t.equal((await alice.client(`${url}?end=all`, { headers: asNavigation })).status, 200)
  t.equal((await post('')).status, 303, 'a session that is gone already')
  t.equal((await post(bobs?.id ?? '')).status, 303)
  t.equal((await listAt(valetkey)).length, 3, 'none of that ended anything')

  const ended = await post(phones?.id ?? '')
  t.equal(ended.status, 303)
  t.equal(ended.headers.get('location'), '/oauth2/sessions')
  for (const process of [valetkey, replica]) {
    t.ok(await endsWithinOneSecond(async () => (await phone.statusAt(process)) === 401))
  }
  const third = await signInFrom('alice', 'Third/1', '203.0.113.7')
  t.equal((await post('others')).status, 303)
  t.ok(await endsWithinOneSecond(async () => (await third.statusAt(replica)) === 401))
  t.equal(await alice.statusAt(replica), 200)
  t.equal(await bob.statusAt(replica), 200)

  const all = await post('all')
  t.equal(all.headers.get('location'), '/oauth2/sign_out')
})

t.test('a stranger signs in first and comes back to the page', async (t) => {
  const { publicUrl } = await start(t)
  const url = `${publicUrl}/oauth2/sessions`
  const { landed } = await signIn({ publicUrl }, 'alice', { path: '/oauth2/sessions' })
  t.equal(landed, url)
  const program = await createJarFetch()(url)
  t.equal(program.status, 401)
  t.match(JSON.parse(await program.text()), {
    login_url: `${publicUrl}/oauth2/start?rd=%2Foauth2%2Fsessions`,
  })
  const post = await createJarFetch()(url, { method: 'POST' })
  t.equal(post.status, 401)
})

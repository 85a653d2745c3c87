import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import t from 'tap'
import { parseSessionListing } from '../../src/admin/session-listing.js'
import { startFleet } from '../helpers/fleet.js'
import { createJarFetch, withHeaders } from '../helpers/jar-fetch.js'
import { ask, served } from '../helpers/load.js'
import { logoutTokenOf } from '../helpers/logout-tokens.js'
import { startRedis } from '../helpers/redis-server.js'
import { asNavigation, signIn } from '../helpers/stack.js'

t.setTimeout(120_000)

const tokenTtlSeconds = 1
const token = 'operator-token-of-the-tests'

t.test('a dump of Redis reveals no token, claim, subject, email, device or ticket', async (t) => {
  const redis = await startRedis({
    args: ['--rdbcompression', 'no', '--repl-diskless-sync-delay', '0'],
  })
  t.teardown(() => redis.stop())
  const folder = await mkdtemp(join(tmpdir(), 'valetkey-dump-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const fleet = await startFleet(t, {
    redis,
    provider: { accessTokenTtlSeconds: tokenTtlSeconds },
    config: { admin: { listen: '127.0.0.1:0', token }, trustedProxies: ['127.0.0.1/32'] },
  })
  const { provider, publicUrl, members } = fleet
  // Only who is to be told of logouts gets a sid.
  await provider.sendLogoutTokensTo(`${publicUrl}/oauth2/backchannel-logout`)
  const dumps: Buffer[] = []

  async function dump() {
    const file = join(folder, 'dump.rdb')
    await promisify(execFile)('redis-cli', ['-p', String(redis.port), '--rdb', file])
    dumps.push(await readFile(file))
  }

  const secrets = new Set<string>()
  const people = [...provider.people].map(([login, claims]) => ({ login, claims }))
  const cookies: string[] = []
  for (const [index, { login, claims }] of people.entries()) {
    const device = {
      'user-agent': `Device-of-${login}/1.0`,
      'x-forwarded-for': `192.0.2.7${index}`,
    }
    for (const value of Object.values(device)) secrets.add(value)
    const { client } = await signIn(fleet, login, { client: withHeaders(createJarFetch(), device) })
    const cookie = client.cookieFor(publicUrl)
    cookies.push(cookie)
    for (const value of Object.values(claims).flat()) secrets.add(String(value))
    secrets.add(login)
    for (const part of ticketParts(cookie)) secrets.add(part)
    const response = await client(`${publicUrl}/oauth2/userinfo`)
    await response.text()
    await dump()
  }
  // Refreshes on every process, a login that is under way, and a session that ends.
  await sleep(tokenTtlSeconds * 1000 + 100)
  for (const [index, cookie] of cookies.entries()) {
    const answer = await ask(`${members[index % 3]?.valetkey.url}/work`, cookie)
    t.equal(answer.name, served)
  }
  await dump()
  const stranger = createJarFetch()
  let address = `${publicUrl}/`
  for (let hop = 0; hop < 3 && address.startsWith(publicUrl); hop++) {
    const { headers } = await stranger(address, { headers: asNavigation })
    address = new URL(headers.get('location') ?? '', address).href
  }
  for (const name of ['state', 'nonce', 'code_challenge']) {
    const value = new URL(address).searchParams.get(name)
    t.ok(value, name)
    secrets.add(value ?? '')
  }
  await dump()

  // What operators look at, and what the provider ends: by sid, by sub.
  const headers = { authorization: `Bearer ${token}` }
  const listing = await fetch(`${members[1].valetkey.adminUrl}/sessions`, { headers })
  const { sessions } = parseSessionListing(await listing.json())
  t.equal(sessions.length, people.length, 'everybody is listed')
  for (const { userAgent, clientAddress } of sessions) {
    t.ok(secrets.has(userAgent) && secrets.has(clientAddress), 'with the device')
  }
  await dump()
  const sids = provider.secrets.flatMap(sidOf)
  t.equal(new Set(sids).size, people.length)
  const logouts = [{ sid: sids[0] }, { sub: people[1]?.login }]
  for (const [index, whose] of logouts.entries()) {
    const jti = `jti of logout ${index}`
    const logoutToken = logoutTokenOf(provider, { ...whose, jti })
    const url = `${members[index % 3]?.valetkey.url}/oauth2/backchannel-logout`
    const body = new URLSearchParams({ logout_token: logoutToken })
    t.equal((await fetch(url, { method: 'POST', body })).status, 200)
    for (const secret of [jti, logoutToken]) secrets.add(secret)
    t.match((await ask(`${publicUrl}/work`, cookies[index] ?? '')).name, /^302/, 'it has ended')
    await dump()
  }
  for (const secret of [...provider.secrets, ...sids]) secrets.add(secret)
  secrets.add(provider.issuer)
  secrets.add(provider.clientSecret)
  // Words that are part of the format or too short to mean anything.
  secrets.delete('true')

  for (const part of ticketParts(stranger.cookieFor(publicUrl))) secrets.add(part)
  t.ok(
    dumps.every((bytes) => bytes.includes('valetkey:session:{')),
    'the search finds what is there',
  )
  t.ok(provider.secrets.length >= 4 * people.length, 'there is enough to search for')
  for (const secret of secrets) {
    for (const needle of encodings(secret)) {
      const found = dumps.some((bytes) => bytes.includes(needle))
      if (found) t.fail('found in the dump', { secret })
    }
  }
  t.comment(`${secrets.size} secrets, ${dumps.length} dumps`)
})

/** The `sid` in an ID token. */
function sidOf(jwt: string): string[] {
  const [, payload, ...rest] = jwt.split('.')
  if (payload === undefined || rest.length === 0) return []
  const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString())
  const sid: unknown = typeof claims === 'object' && claims ? Reflect.get(claims, 'sid') : undefined
  return typeof sid === 'string' ? [sid] : []
}

/** The whole value, the id and the secret of each cookie. */
function ticketParts(cookie: string): string[] {
  const values = cookie.split('; ').map((pair) => pair.slice(pair.indexOf('=') + 1))
  return values
    .concat(values.flatMap((value) => value.split('.')))
    .filter((part) => part.length > 4)
}

function encodings(secret: string): Buffer[] {
  const bytes = Buffer.from(secret)
  const texts = (['base64', 'base64url', 'hex'] as const).map((encoding) =>
    Buffer.from(bytes.toString(encoding).replace(/=+$/, '')),
  )
  return [bytes, ...texts, Buffer.from(secret, 'base64url')].filter(({ length }) => length >= 3)
}

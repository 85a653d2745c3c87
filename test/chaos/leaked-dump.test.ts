import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import t from 'tap'
import { startFleet } from '../helpers/fleet.js'
import { createJarFetch } from '../helpers/jar-fetch.js'
import { ask, served } from '../helpers/load.js'
import { startRedis } from '../helpers/redis-server.js'
import { asNavigation, signIn } from '../helpers/stack.js'

t.setTimeout(120_000)

const tokenTtlSeconds = 1

t.test('a dump of Redis reveals no token, claim, subject, email or ticket', async (t) => {
  const redis = await startRedis({
    args: ['--rdbcompression', 'no', '--repl-diskless-sync-delay', '0'],
  })
  t.teardown(() => redis.stop())
  const folder = await mkdtemp(join(tmpdir(), 'valetkey-dump-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const fleet = await startFleet(t, { redis, provider: { accessTokenTtlSeconds: tokenTtlSeconds } })
  const { provider, publicUrl, members } = fleet
  const dumps: Buffer[] = []

  async function dump() {
    const file = join(folder, 'dump.rdb')
    await promisify(execFile)('redis-cli', ['-p', String(redis.port), '--rdb', file])
    dumps.push(await readFile(file))
  }

  const secrets = new Set<string>()
  const people = [...provider.people].map(([login, claims]) => ({ login, claims }))
  const cookies: string[] = []
  for (const { login, claims } of people) {
    const { client } = await signIn(fleet, login)
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
  for (const secret of provider.secrets) secrets.add(secret)
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

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { connectRedis } from '../../src/redis/connect.js'
import { createAuthority } from '../helpers/certificates.js'
import { freePort } from '../helpers/free-port.js'
import { startRedis } from '../helpers/redis-server.js'
import { createTicket } from '../../src/session/ticket.js'
import { until } from '../session/fixtures.js'
import { answers, connect, whyNot } from './on-redis.js'

const folder = await mkdtemp(join(tmpdir(), 'valetkey-secrets-'))
t.teardown(() => rm(folder, { recursive: true }))
const sealed = Buffer.from('sealed')

async function isUsable({ store }: Pick<ReturnType<typeof connectRedis>, 'store'>) {
  const { key } = createTicket()
  await store.create(key, sealed, Date.now(), Date.now() + 60_000)
  await until(() => store.changes.certainty() !== undefined)
  return (await store.load(key)) !== undefined
}

t.test('TLS with a private authority and client certificates', async (t) => {
  const authority = await createAuthority(folder)
  const stranger = await createAuthority(folder, 'stranger')
  const server = await authority.issue('server', 'DNS:redis.example.com,DNS:localhost')
  const client = await authority.issue('client', 'DNS:valetkey.example.com')
  const foreign = await stranger.issue('foreign', 'DNS:valetkey.example.com')
  const port = await freePort()
  // prettier-ignore
  const redis = await startRedis({
    args: [
      '--tls-port', String(port), '--tls-ca-cert-file', authority.caFile,
      '--tls-cert-file', server.certFile, '--tls-key-file', server.keyFile,
    ],
  })
  t.teardown(() => redis.stop())
  const { caFile } = authority
  const url = `rediss://localhost:${port}`

  t.ok(await isUsable(await connect(t, { url, tls: { caFile, ...client } })))
  const byAddress = { url: `rediss://127.0.0.1:${port}`, tls: { caFile, ...client } }
  const { tls } = byAddress
  t.ok(await isUsable(await connect(t, { ...byAddress, tls: { ...tls, serverName: 'localhost' } })))

  const refused = {
    'an unknown authority': { url, tls: { caFile: stranger.caFile, ...client } },
    "the system's authorities": { url, tls: client },
    'no client certificate': { url, tls: { caFile } },
    "another authority's client certificate": { url, tls: { caFile, ...foreign } },
    'a name that the certificate does not have': byAddress,
  }
  for (const [what, settings] of Object.entries(refused)) {
    const { store } = connectRedis({ ...settings, keyPrefix: '', commandTimeoutMs: 1000 })
    t.teardown(() => store.close())
    let told = ''
    await until(async () => {
      told = await whyNot(store)
      return told.includes('(')
    })
    t.match(told, /Redis cannot be reached \((ERR_|[A-Z_]+)/, what)
    t.comment(`${what}: ${told}`)
  }
})

t.test('user and password from files are read anew at each connection', async (t) => {
  const redis = await startRedis()
  t.teardown(() => redis.stop())
  const admin = redis.client()
  const setPassword = (password: string) =>
    // prettier-ignore
    admin.call('ACL', 'SETUSER', 'app', 'reset', 'on', `>${password}`, '~valetkey:*', '&*', '+@all')
  const usernameFile = join(folder, 'username')
  const passwordFile = join(folder, 'password')
  await writeFile(usernameFile, 'app\n')
  await writeFile(passwordFile, 'first secret\n')
  await setPassword('first secret')
  const connected = await connect(t, { url: redis.url, usernameFile, passwordFile })
  t.ok(await isUsable(connected))

  // Rotated: the connections go on, the next ones need the new password.
  await setPassword('second secret')
  await writeFile(passwordFile, 'second secret\n')
  const { store } = connected
  const generation = store.changes.certainty()?.generation ?? 0
  await admin.call('CLIENT', 'KILL', 'USER', 'app')
  await until(() => (store.changes.certainty()?.generation ?? 0) > generation)
  await until(() => answers(store.load('probe')))
  t.ok(await isUsable(connected))

  // The other way round: the server first, the file later.
  await setPassword('third secret')
  await admin.call('CLIENT', 'KILL', 'USER', 'app')
  await until(async () => (await whyNot(store)).includes('WRONGPASS'))
  await writeFile(passwordFile, 'third secret')
  await until(() => answers(store.load('probe')))
  t.ok(await isUsable(connected))

  // A file that is gone for a moment does not matter.
  await rm(passwordFile)
  await admin.call('CLIENT', 'KILL', 'USER', 'app')
  await until(() => answers(store.load('probe')))
})

t.test('a Unix socket, and a database by number', async (t) => {
  const path = join(folder, 'redis.sock')
  const redis = await startRedis({ args: ['--unixsocket', path] })
  t.teardown(() => redis.stop())
  const connected = await connect(t, { url: `unix://${path}`, database: 3 })
  t.ok(await isUsable(connected))
  t.equal(await redis.client().dbsize(), 0)
  t.match(await redis.client().info('keyspace'), 'db3:keys=1')
})

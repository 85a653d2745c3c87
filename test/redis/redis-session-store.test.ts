import t, { type Test } from 'tap'
import { connectRedis } from '../../src/redis/connect.js'
import { StoreUnavailableError } from '../../src/session/session-store.js'
import { createTicket } from '../../src/session/ticket.js'
import { testRefreshLock } from '../contract/refresh-lock.js'
import { testFormStore } from '../contract/form-store.js'
import { testSessionIndex } from '../contract/session-index.js'
import { testSessionStore } from '../contract/session-store.js'
import { testSigningKeyStore } from '../contract/signing-key-store.js'
import { startFaultyTcp } from '../helpers/faulty-tcp.js'
import { startRedis } from '../helpers/redis-server.js'
import { until } from '../session/fixtures.js'

const redis = await startRedis()
t.teardown(() => redis.stop())

async function connect(t: Test, url = redis.url, keyPrefix = 'valetkey:') {
  const connected = connectRedis({ url, keyPrefix, commandTimeoutMs: 1000 })
  t.teardown(() => connected.store.close())
  await until(() =>
    connected.store.load('probe').then(
      () => true,
      () => false,
    ),
  )
  return connected
}

t.test('the Redis store', async (t) => {
  testSessionStore(t, async (t) => (await connect(t)).store)
})

t.test('the Redis index', async (t) => {
  testSessionIndex(t, async (t) => (await connect(t)).store)
})

t.test('the Redis forms', async (t) => {
  testFormStore(t, async (t) => (await connect(t)).store)
})

t.test('the Redis signing keys', async (t) => {
  testSigningKeyStore(t, async (t) => (await connect(t)).store)
})

t.test('the Redis refresh lock', async (t) => {
  testRefreshLock(t, async (t) => ({
    one: (await connect(t)).lock,
    other: (await connect(t)).lock,
  }))
})

const sealed = Buffer.from('sealed')
const twoHoursAgo = () => Date.now() - 7_200_000

t.test('a lock with the name of no session is nothing to anybody', async (t) => {
  const { store } = await connect(t)
  const { key } = createTicket()
  const reported = new Promise<void>((resolve) => {
    store.changes.subscribe((changed) => changed === key && resolve())
  })
  await redis.client().set('valetkey:lock:{error}', 'somebody')
  await store.create(key, sealed, Date.now(), Date.now() + 60_000)
  await store.destroy(key)
  await reported
})

t.test('every key expires, carries the prefix and one hash tag', async (t) => {
  const { store, lock } = await connect(t, redis.url, 'pfx:')
  const { key } = createTicket()
  await store.create(key, sealed, Date.now(), Date.now() + 60_000)
  await (await lock.acquire(key, 60_000))?.ask(1)
  await store.consumeOnce('a mark', Date.now() + 60_000)
  await store.signingKeys.replace('set', undefined, sealed, Date.now() + 60_000)
  const client = redis.client()
  const names = await client.keys('pfx:*')
  t.strictSame(names.filter((name) => !name.startsWith('pfx:once:')).toSorted(), [
    `pfx:asked:{${key}}`,
    `pfx:lock:{${key}}`,
    `pfx:session:{${key}}`,
    'pfx:signing-keys:{set}',
  ])
  t.equal(names.length, 5)
  for (const name of names) {
    const remainingMs = await client.pttl(name)
    const mostMs = name.startsWith('pfx:asked:') ? 24 * 3_600_000 : 60_000
    t.ok(remainingMs > 0 && remainingMs <= mostMs, name)
  }
})

t.test('a server that forgot the scripts is told them again', async (t) => {
  const { store, lock } = await connect(t)
  const { key } = createTicket()
  const client = redis.client()
  const now = Date.now()
  await client.script('FLUSH')
  await store.create(key, sealed, now, now + 60_000)
  await client.script('FLUSH')
  t.equal(await store.replace(key, sealed, 1), 'replaced')
  await client.script('FLUSH')
  t.equal(await store.touch(key, now, now + 60_000), true)
  const lease = await lock.acquire(key, 1000)
  await client.script('FLUSH')
  t.equal(await lease?.extend(), true)
  await client.script('FLUSH')
  t.equal(await lease?.ask(2), true)
  await client.script('FLUSH')
  t.equal(await lease?.refuse(2), true)
  await client.script('FLUSH')
  await lease?.release()
  await client.script('FLUSH')
  t.equal(await store.destroy(key, 2), true)
})

t.test('something else under the name of a session is no session', async (t) => {
  const { store } = await connect(t)
  const client = redis.client()
  const { key } = createTicket()
  const name = `valetkey:session:{${key}}`
  await client.set(name, 'a string')
  t.equal(await store.load(key), undefined)
  t.equal(await store.replace(key, sealed, 1), 'absent')
  t.equal(await store.touch(key, 1, Date.now() + 1000), false)
  t.equal(await store.destroy(key, 1), false)
  await client.del(name)
  await client.hset(name, 'sealed', 'x', 'version', 'many', 'active', '1')
  t.equal(await store.load(key), undefined)
  await client.hdel(name, 'sealed')
  t.equal(await store.load(key), undefined)
})

const refusals: { title: string; args: string[]; provoke?: string[]; code: string }[] = [
  {
    title: 'a read-only replica',
    args: [],
    provoke: ['REPLICAOF', '127.0.0.1', '1'],
    code: 'READONLY',
  },
  { title: 'a full memory', args: ['--maxmemory', '1'], code: 'OOM' },
  { title: 'a missing password', args: ['--requirepass', 'correct horse'], code: 'NOAUTH' },
  { title: 'too few replicas', args: ['--min-replicas-to-write', '1'], code: 'NOREPLICAS' },
  { title: 'a cluster that is down', args: ['--cluster-enabled', 'yes'], code: 'CLUSTERDOWN' },
]
for (const { title, args, provoke, code } of refusals) {
  t.test(`${title} is a store that cannot be reached`, async (t) => {
    const server = await startRedis({ args })
    t.teardown(() => server.stop())
    if (provoke) await server.client().call(provoke[0] ?? '', ...provoke.slice(1))
    const { store, lock } = connectRedis({ url: server.url, keyPrefix: '', commandTimeoutMs: 1000 })
    t.teardown(() => store.close())
    const now = Date.now()
    const attempt = () => store.create('key', sealed, now, now + 1000).catch((error) => error)
    let error: unknown
    await until(async () => {
      error = await attempt()
      return String(error).includes(code) || code === 'NOAUTH'
    })
    t.type(error, StoreUnavailableError)
    await t.rejects(lock.acquire('key', 1000), StoreUnavailableError)
  })
}

t.test('errors tell neither password nor arguments', async (t) => {
  const server = await startRedis({ args: ['--requirepass', 'correct-horse'] })
  t.teardown(() => server.stop())
  const url = server.url.replace('//', '//:battery-staple@')
  const { store } = connectRedis({ url, keyPrefix: '', commandTimeoutMs: 1000 })
  t.teardown(() => store.close())
  let error: unknown
  await until(async () => {
    error = await store.load('some-key').catch((thrown: unknown) => thrown)
    return String(error).endsWith('Redis cannot be reached (WRONGPASS)')
  })
  t.type(error, StoreUnavailableError)
  const everything = JSON.stringify(error, Object.getOwnPropertyNames(error))
  t.notMatch(everything, /battery-staple|some-key/)
})

t.test('without a server everything fails at once, and works when it comes', async (t) => {
  const server = await startRedis()
  t.teardown(() => server.stop())
  await server.kill()
  const { store, lock } = connectRedis({ url: server.url, keyPrefix: '', commandTimeoutMs: 1000 })
  t.teardown(() => store.close())
  const now = Date.now()
  await until(async () => {
    const error = await store.load('key').catch((thrown: unknown) => thrown)
    return String(error).endsWith('Redis cannot be reached (ECONNREFUSED)')
  })
  await t.rejects(store.load('key'), StoreUnavailableError)
  await t.rejects(store.create('key', sealed, now, now + 1000), StoreUnavailableError)
  await t.rejects(store.replace('key', sealed, 1), StoreUnavailableError)
  await t.rejects(store.touch('key', now, now + 1000), StoreUnavailableError)
  await t.rejects(store.destroy('key'), StoreUnavailableError)
  await t.rejects(store.destroy('key', 1), StoreUnavailableError)
  await t.rejects(store.consumeOnce('mark', now + 1000), StoreUnavailableError)
  await t.rejects(store.signingKeys.load('set'), StoreUnavailableError)
  await t.rejects(lock.acquire('key', 1000), StoreUnavailableError)
  t.equal(store.changes.certainty(), undefined)
  await server.restart()
  await until(() =>
    store.load('key').then(
      () => true,
      () => false,
    ),
  )
  await until(() => store.changes.certainty() !== undefined)
})

t.test('a server that stopped answering is left, and found again', async (t) => {
  const server = await startRedis()
  t.teardown(() => server.stop())
  const { store } = connectRedis({ url: server.url, keyPrefix: '', commandTimeoutMs: 200 })
  t.teardown(() => store.close())
  await until(() => store.changes.certainty() !== undefined)
  server.pause()
  await t.rejects(store.load('key'), StoreUnavailableError)
  await until(() => store.changes.certainty() === undefined)
  server.resume()
  await until(() =>
    store.load('key').then(
      () => true,
      () => false,
    ),
  )
  await until(() => store.changes.certainty() !== undefined)
})

t.test('B16-22 a lock that was taken though its answer was lost comes free again', async (t) => {
  const link = await startFaultyTcp(redis.port)
  t.teardown(() => link.close())
  const { lock } = await connect(t, link.url)
  const { key } = createTicket()
  const name = `valetkey:lock:{${key}}`
  const client = redis.client()
  // Told here, or else the answer that is lost may be the one that the server does not know the script.
  await lock.acquire(createTicket().key, 1000)
  link.loseAnswers()
  const attempt = lock.acquire(key, 60_000)
  await until(async () => (await client.exists(name)) === 1)
  await t.rejects(attempt, StoreUnavailableError)
  link.pass()
  await until(async () => (await client.exists(name)) === 0)
})

t.test('a lock whose release was lost comes free again', async (t) => {
  const link = await startFaultyTcp(redis.port)
  t.teardown(() => link.close())
  const { lock } = await connect(t, link.url)
  const { key } = createTicket()
  const lease = await lock.acquire(key, 60_000)
  link.blackHole()
  await lease?.release()
  link.pass()
  await until(async () => (await redis.client().exists(`valetkey:lock:{${key}}`)) === 0)
})

t.test(
  'dead entries of a set go with those that come, never so many that Redis is held up',
  async (t) => {
    const { index } = (await connect(t)).store
    const past = connectRedis({
      url: redis.url,
      keyPrefix: 'valetkey:',
      commandTimeoutMs: 1000,
      clock: twoHoursAgo,
    })
    t.teardown(() => past.store.close())
    await until(() =>
      past.store.load('probe').then(
        () => true,
        () => false,
      ),
    )
    const dead = Array.from({ length: 1000 }, () => createTicket().key)
    await Promise.all(dead.map((key) => past.store.index.add('crowd', key, twoHoursAgo() + 60_000)))

    const client = redis.client()
    const living = Array.from({ length: 12 }, () => createTicket().key)
    let size = await client.zcard('valetkey:index:{crowd}')
    t.equal(size, 1000)
    for (const key of living) {
      await index.add('crowd', key, Date.now() + 60_000)
      const dropped = size + 1 - (await client.zcard('valetkey:index:{crowd}'))
      t.ok(dropped <= 100, `${dropped} dropped at once`)
      size -= dropped - 1
    }
    t.strictSame((await index.list('crowd')).keys.toSorted(), living.toSorted())
  },
)

t.test('certainty lapses by itself on a connection that only seems alive', async (t) => {
  const link = await startFaultyTcp(redis.port)
  t.teardown(() => link.close())
  // The deadline of commands is far away: nothing but the missing heartbeat can tell.
  const { store } = connectRedis({ url: link.url, keyPrefix: '', commandTimeoutMs: 60_000 })
  t.teardown(() => store.close())
  await until(() => store.changes.certainty() !== undefined)
  const generation = store.changes.certainty()?.generation ?? Number.NaN
  link.blackHole()
  await until(() => store.changes.certainty() === undefined)
  const uncertainForMs = () => store.changes.uncertainForMs(generation) ?? Number.NaN
  const [sinceMs, seenAt] = [uncertainForMs(), performance.now()]
  t.ok(sinceMs > 0)
  await until(() => performance.now() - seenAt > 100)
  t.ok(uncertainForMs() >= sinceMs + 100, 'and longer as time passes')
})

t.test('tracking that the server forbids costs certainty, nothing else', async (t) => {
  const server = await startRedis()
  t.teardown(() => server.stop())
  await server
    .client()
    .call('ACL', 'SETUSER', 'app', 'on', '>secret', '~*', '&*', '+@all', '-client')
  const url = server.url.replace('//', '//app:secret@')
  const { store } = await connect(t, url)
  const { key } = createTicket()
  await store.create(key, sealed, Date.now(), Date.now() + 60_000)
  t.ok(await store.load(key))
  t.equal(store.changes.certainty(), undefined)
})

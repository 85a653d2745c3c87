import { setImmediate as turn } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import t, { type Test } from 'tap'
import { createRedisLink } from '../../src/redis/client.js'
import { createConnections } from '../../src/redis/connections.js'
import { StoreUnavailableError } from '../../src/session/session-store.js'
import { startFaultyTcp } from '../helpers/faulty-tcp.js'
import { startRedis } from '../helpers/redis-server.js'
import { until } from '../session/fixtures.js'

const server = await startRedis()
t.teardown(() => server.stop())

async function connect(t: Test, commandTimeoutMs: number, url = server.url): Promise<Redis> {
  const connection = createConnections({ url, commandTimeoutMs }).openServer()
  connection.on('error', () => undefined)
  t.teardown(() => connection.disconnect())
  await until(() => connection.status === 'ready')
  return connection
}

/** Does nothing else for so long, as a process that a burst of requests or the machine holds up. */
function holdUp(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

t.test('a process that was held up finds the answers that came meanwhile', async (t) => {
  const connection = await connect(t, 100)
  let ends = 0
  connection.on('close', () => (ends += 1))
  const answers = [connection.echo('before')]
  for (const each of ['first', 'second', 'third']) {
    await turn()
    answers.push(connection.echo(each))
    holdUp(300)
  }
  t.same(await Promise.all(answers), ['before', 'first', 'second', 'third'])
  t.equal(ends, 0)
})

t.test('an answer behind others that take their time is waited for', async (t) => {
  const connection = await connect(t, 1000)
  const slow = `
local function now() local time = redis.call('TIME') return time[1] * 1000 + time[2] / 1000 end
local start = now()
while now() - start < 50 do end
return 'slow'`
  // So large that the server reads, and answers, one by one.
  const ballast = 'x'.repeat(20_000)
  const others = Array.from({ length: 30 }, () => connection.eval(slow, 0, ballast))
  t.equal(await connection.echo('last'), 'last')
  t.same(new Set(await Promise.all(others)), new Set(['slow']))
})

t.test('a server that says nothing is left, and another connection found', async (t) => {
  const link = await startFaultyTcp(server.port)
  t.teardown(() => link.close())
  const connection = await connect(t, 200, link.url)
  link.blackHole()
  const { reach } = createRedisLink(connection)
  await t.rejects(
    reach(() => connection.echo('lost')),
    new StoreUnavailableError('Redis cannot be reached (ETIMEDOUT)'),
  )
  link.pass()
  await until(() => connection.status === 'ready')
  t.equal(await connection.echo('found'), 'found')
})

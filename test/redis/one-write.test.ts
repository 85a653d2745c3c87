import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import t, { type Test } from 'tap'
import { createConnections } from '../../src/redis/connections.js'
import { startRedis } from '../helpers/redis-server.js'
import { until } from '../session/fixtures.js'

const server = await startRedis()
t.teardown(() => server.stop())

async function connect(t: Test): Promise<Redis> {
  const settings = { url: server.url, commandTimeoutMs: 1000 }
  const connection = createConnections(settings).openServer()
  connection.on('error', () => undefined)
  t.teardown(() => connection.disconnect())
  await until(() => connection.status === 'ready')
  await nextTurn()
  return connection
}

t.test('commands of one turn wait for its end and go in their order', async (t) => {
  const connection = await connect(t)
  const { stream } = connection
  const answers = [connection.echo('one'), connection.echo('two')]
  await Promise.resolve()
  answers.push(connection.echo('three'))
  t.ok(stream.writableLength > 0, 'nothing is on its way yet')
  await nextTurn()
  t.equal(stream.writableCorked, 0)
  t.equal(stream.writableLength, 0, 'all are')
  t.same(await Promise.all(answers), ['one', 'two', 'three'])
})

t.test('a command of the next turn is not held back by the last one', async (t) => {
  const connection = await connect(t)
  for (const each of ['first', 'second', 'third']) {
    t.equal(await connection.echo(each), each)
    await nextTurn()
    t.equal(connection.stream.writableCorked, 0)
  }
})

t.test('a connection that is lost before the end of the turn fails what was to go', async (t) => {
  const connection = await connect(t)
  const answer = connection.echo('lost')
  connection.stream.destroy()
  await t.rejects(answer)
  await until(() => connection.status === 'ready')
  t.equal(await connection.echo('found'), 'found')
})

t.test('what was to go still goes when the connection is let go in the same turn', async (t) => {
  const connection = await connect(t)
  const written = connection.set('said', 'goodbye').catch(() => undefined)
  connection.disconnect()
  await written
  await until(() => connection.status === 'end')
  const other = await connect(t)
  t.equal(await other.get('said'), 'goodbye')
})

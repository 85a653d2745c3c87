import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import t, { type Test } from 'tap'
import { stringify } from 'yaml'
import { startRedis } from '../helpers/redis-server.js'
import { sessionKey } from '../helpers/stack.js'
import { freePort } from '../helpers/free-port.js'
import { mainFile } from '../helpers/valetkey.js'
import { withoutPreloads } from '../helpers/without-preloads.js'

t.setTimeout(60_000)

async function start(t: Test, config: Record<string, unknown>): Promise<ChildProcess> {
  const folder = await mkdtemp(join(tmpdir(), 'valetkey-test-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const file = join(folder, 'valetkey.yaml')
  await writeFile(file, stringify(config))
  const child = spawn(...withoutPreloads(process.execPath, mainFile, 'serve', '--config', file), {
    env: { PATH: process.env['PATH'] ?? '' },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  t.teardown(() => child.kill('SIGKILL'))
  return child
}

t.test('a port that is taken ends the process, whichever and whatever else is open', async (t) => {
  const redis = await startRedis()
  t.teardown(() => redis.stop())
  const squatter = createServer().listen(0, '127.0.0.1')
  t.teardown(() => squatter.close())
  await once(squatter, 'listening')
  const address = squatter.address()
  if (address === null || typeof address === 'string') throw new Error('no TCP address')
  const taken = `127.0.0.1:${address.port}`
  const free = '127.0.0.1:0'

  for (const [listen, admin] of [
    [taken, free],
    [free, taken],
  ]) {
    const port = await freePort()
    const child = await start(t, {
      publicUrl: `http://localhost:${port}`,
      listen,
      admin: { listen: admin },
      providers: [
        { id: 'corp', issuer: `http://127.0.0.1:${port}`, clientId: 'app', clientSecret: 'x' },
      ],
      session: { store: 'redis', redis: { url: redis.url }, keys: [sessionKey] },
      routes: [{ match: { path: '/' }, upstream: 'http://127.0.0.1:9' }],
    })
    const [[code], complaint] = await Promise.all([
      once(child, 'exit'),
      child.stderr ? text(child.stderr) : '',
    ])
    t.equal(code, 1)
    t.match(complaint, taken, 'and the address is named')
    t.notMatch(complaint, / at /, 'without a stack')
  }
})

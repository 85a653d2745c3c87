import { spawn, type ChildProcess } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { Agent, get, type IncomingMessage } from 'node:http'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'

const program = fileURLToPath(new URL('../helpers/shutdown-process.js', import.meta.url))
const long = 60_000

interface Running {
  readonly child: ChildProcess
  readonly port: number
  /** Resolves when the process has logged this message, be it long ago. */
  readonly logged: (message: string) => Promise<void>
  readonly messages: readonly string[]
  /** Resolves with the exit code. */
  readonly exited: Promise<number | null>
}

async function run(t: Test, waitMs: number, drainMs: number, closing = 'well'): Promise<Running> {
  const child = spawn(process.execPath, [program, String(waitMs), String(drainMs), closing], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  t.teardown(() => child.kill('SIGKILL'))
  const exited = once(child, 'exit').then(([code]) => (typeof code === 'number' ? code : null))
  const messages: string[] = []
  const news = new EventEmitter()
  let port = 0
  createInterface({ input: child.stdout }).on('line', (line) => {
    const entry = JSON.parse(line)
    if (entry.msg === 'listening') port = entry.port.port
    messages.push(entry.msg)
    news.emit('entry')
  })
  async function logged(message: string): Promise<void> {
    while (!messages.includes(message)) {
      if (child.exitCode !== null) throw new Error(`exited without logging "${message}"`)
      await Promise.race([once(news, 'entry'), once(child, 'close')])
    }
  }
  await logged('listening')
  return { child, port, logged, messages, exited }
}

async function ask(port: number, path: string, agent?: Agent): Promise<[IncomingMessage, string]> {
  const request = get({ host: '127.0.0.1', port, path, agent: agent ?? false })
  const [response] = await once(request, 'response')
  let body = ''
  for await (const piece of response) body += String(piece)
  return [response, body]
}

t.test('SIGTERM turns readiness off, waits while serving, closes and exits with 0', async (t) => {
  const { child, port, logged, messages, exited } = await run(t, 300, long)
  child.kill('SIGTERM')
  await logged('not ready')
  t.equal((await ask(port, '/'))[1], 'quick')
  t.equal(await exited, 0)
  t.same(messages, ['listening', 'shutting down', 'not ready', 'closing', 'closed'])
})

t.test('SIGINT does not wait', async (t) => {
  const { child, messages, exited } = await run(t, long, long)
  child.kill('SIGINT')
  t.equal(await exited, 0)
  t.same(messages, ['listening', 'shutting down', 'not ready', 'closing', 'closed'])
})

t.test('a request under way is finished, and its connection then closed', async (t) => {
  const { child, port, logged, exited } = await run(t, 0, long)
  const agent = new Agent({ keepAlive: true })
  t.teardown(() => agent.destroy())
  const answer = ask(port, '/slow', agent)
  await logged('slow request')
  child.kill('SIGTERM')
  await logged('closing')
  await t.rejects(ask(port, '/'))
  child.stdin?.write('go on\n')
  t.equal((await answer)[1], 'slow')
  t.equal(await exited, 0)
})

t.test('an idle keep-alive connection does not hold the process', async (t) => {
  const { child, port, exited } = await run(t, 0, long)
  const agent = new Agent({ keepAlive: true })
  t.teardown(() => agent.destroy())
  await ask(port, '/', agent)
  child.kill('SIGTERM')
  t.equal(await exited, 0)
})

t.test('a request that does not finish in time ends in exit 1 and a line in the log', async (t) => {
  const { child, port, logged, messages, exited } = await run(t, 0, 200)
  const answer = ask(port, '/slow')
  const cutOff = t.rejects(answer)
  await logged('slow request')
  child.kill('SIGTERM')
  t.equal(await exited, 1)
  t.ok(messages.includes('requests under way did not finish in time'))
  await cutOff
})

t.test('what cannot be closed ends in exit 1, at the deadline', async (t) => {
  const { child, messages, exited } = await run(t, 0, 200, 'never')
  child.kill('SIGTERM')
  t.equal(await exited, 1)
  t.ok(messages.includes('requests under way did not finish in time'))
})

t.test('a failure to close ends in exit 1 at once', async (t) => {
  const { child, messages, exited } = await run(t, 0, long, 'wrong')
  child.kill('SIGTERM')
  t.equal(await exited, 1)
  t.ok(messages.includes('closing failed'))
})

t.test('a second signal exits at once, while waiting or while closing', async (t) => {
  const waiting = await run(t, long, long)
  waiting.child.kill('SIGTERM')
  await waiting.logged('not ready')
  waiting.child.kill('SIGTERM')
  t.equal(await waiting.exited, 143)

  const closing = await run(t, 0, long, 'never')
  closing.child.kill('SIGTERM')
  await closing.logged('closing')
  closing.child.kill('SIGINT')
  t.equal(await closing.exited, 130)
})

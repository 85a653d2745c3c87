import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Redis } from 'ioredis'
import { freePort } from './free-port.js'

export interface RedisServer {
  readonly url: string
  readonly port: number
  /** A plain client for looking at and meddling with the data; closed by `stop`. */
  client(options?: { readonly enableReadyCheck: boolean }): Redis
  /** Ends the process as a crash would; `restart` brings it back on the same port. */
  kill(): Promise<void>
  restart(): Promise<void>
  isRunning(): boolean
  /** SIGSTOP: connections stay open and nothing is answered, until `resume`. */
  pause(): void
  resume(): void
  /** Ends the process and removes its folder. */
  stop(): Promise<void>
}

export interface RedisServerOptions {
  /** More arguments for redis-server; by default it persists nothing. */
  readonly args?: readonly string[]
}

/** Starts a real redis-server on a free port of 127.0.0.1 and waits until it accepts connections. */
export async function startRedis(options: RedisServerOptions = {}): Promise<RedisServer> {
  const folder = await mkdtemp(join(tmpdir(), 'valetkey-redis-'))
  const clients = new Set<Redis>()
  const launch = (onPort: number) => launchServer(onPort, folder, options.args ?? [])

  let { child, port } = await launchOnFreePort(launch)
  const killAtExit = () => child.kill('SIGKILL')
  process.once('exit', killAtExit)

  async function kill() {
    if (child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    child.kill('SIGKILL')
    await exited
  }

  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    client(clientOptions) {
      const client = new Redis(port, '127.0.0.1', {
        ...clientOptions,
        retryStrategy: (times) => Math.min(times * 20, 200),
      })
      client.on('error', () => {})
      clients.add(client)
      return client
    },
    kill,
    async restart() {
      await kill()
      child = await launch(port)
    },
    isRunning: () => child.exitCode === null && child.signalCode === null,
    pause: () => void child.kill('SIGSTOP'),
    resume: () => void child.kill('SIGCONT'),
    async stop() {
      process.off('exit', killAtExit)
      for (const client of clients) client.disconnect()
      await kill()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function launchOnFreePort(launch: (port: number) => Promise<ChildProcess>) {
  for (let attempt = 1; ; attempt++) {
    const port = await freePort()
    try {
      return { child: await launch(port), port }
    } catch (error) {
      // Another process may have taken the port between finding and using it.
      if (attempt === 5 || !String(error).includes('Address already in use')) throw error
    }
  }
}

async function launchServer(port: number, folder: string, args: readonly string[]) {
  const child = spawn(
    'redis-server',
    // prettier-ignore
    ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--appendonly', 'no', ...args],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const lines: string[] = []
  await new Promise<void>((resolve, reject) => {
    child.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'ENOENT'
          ? new Error('redis-server is not installed: apt-get install redis-server')
          : error,
      ),
    )
    child.once('exit', () => reject(new Error(`redis-server ended at once:\n${lines.join('\n')}`)))
    createInterface({ input: child.stdout }).on('line', (line) => {
      lines.push(line)
      if (line.includes('Ready to accept connections')) resolve()
    })
  })
  return child
}

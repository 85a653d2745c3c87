import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { performance } from 'node:perf_hooks'
import { setTimeout as wait } from 'node:timers/promises'
import { fetch } from 'undici'
import { freePort } from './free-port.js'
import { withoutPreloads } from './without-preloads.js'

/** The bundle as a process of its own, configured by its environment alone. */
export interface BundleProcess {
  readonly pid: number
  readonly url: string
  readonly adminUrl: string
  /** From the start of the process until `/readyz` said yes. */
  readonly readyAfterMs: number
  /** Everything it has printed so far. */
  output(): string
  /** Asks it to end, and resolves with its exit code, or the signal that ended it. */
  stop(signal?: NodeJS.Signals): Promise<number | NodeJS.Signals | null>
}

export interface BundleOptions {
  readonly script: string
  /** The whole environment but for the addresses, which are chosen here. */
  readonly env: Record<string, string>
  readonly cwd?: string
  /** Options of Node itself. */
  readonly nodeOptions?: readonly string[]
}

const readyDeadlineMs = 20_000

/** Starts it on free ports and waits until it is ready; throws with its output when it ends or never is. */
export async function startBundle(options: BundleOptions): Promise<BundleProcess> {
  const url = `http://localhost:${await freePort()}`
  const adminUrl = `http://127.0.0.1:${await freePort()}`
  const startedAt = performance.now()
  const { nodeOptions = [], script } = options
  const child = spawn(...withoutPreloads(process.execPath, ...nodeOptions, script), {
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: options.cwd,
    env: {
      PATH: process.env['PATH'] ?? '',
      ...options.env,
      VALETKEY_PUBLIC_URL: url,
      VALETKEY_LISTEN: `127.0.0.1:${new URL(url).port}`,
      VALETKEY_ADMIN_LISTEN: new URL(adminUrl).host,
    },
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (said += text))
  }
  const ended = once(child, 'exit')

  async function stop(signal: NodeJS.Signals = 'SIGTERM') {
    child.kill(signal)
    await ended
    return child.exitCode ?? child.signalCode
  }

  const deadline = startedAt + readyDeadlineMs
  while (!(await isReady(adminUrl))) {
    const isOver = child.exitCode !== null || child.signalCode !== null
    if (isOver || performance.now() > deadline) {
      await stop('SIGKILL')
      throw new Error(`Valetkey ${isOver ? 'ended' : 'was never ready'}: ${said}`)
    }
    await wait(5)
  }
  const readyAfterMs = performance.now() - startedAt
  const { pid = 0 } = child
  return { pid, url, adminUrl, readyAfterMs, output: () => said, stop }
}

async function isReady(adminUrl: string): Promise<boolean> {
  const response = await fetch(`${adminUrl}/readyz`).catch(() => undefined)
  await response?.body?.cancel()
  return response?.ok ?? false
}

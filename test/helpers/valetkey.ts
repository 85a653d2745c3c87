import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { stringify } from 'yaml'
import { freePort } from './free-port.js'
import { withoutPreloads } from './without-preloads.js'

/**
 * The command line: as it was compiled for the tests or, in a run of the whole suite, bundled, as it is
 * in the image. Processes start three times faster from the bundle.
 */
export const mainFile = new URL(
  process.env['VALETKEY_TEST_BUNDLE'] === undefined
    ? '../../src/main.js'
    : '../../bundle/valetkey.mjs',
  import.meta.url,
).pathname

export interface ValetkeyProcess {
  /** The public URL of the configuration. */
  readonly publicUrl: string
  /** Where this process listens; differs from `publicUrl` when several share one. */
  readonly url: string
  readonly adminUrl: string
  readonly child: ChildProcess
  /** Every line that it wrote, on stdout and stderr. */
  readonly log: readonly string[]
  /** Resolves when /readyz answers 200. */
  ready(): Promise<void>
  /** SIGTERM, and resolves with the exit code. */
  stop(): Promise<number | null>
  kill(signal?: NodeJS.Signals): Promise<void>
}

export interface ValetkeyOptions {
  /** Default `http://localhost:<port>`. */
  readonly publicUrl?: string
  /** The port to listen on; a free one by default. */
  readonly port?: number
  /** The configuration besides publicUrl, listen and admin.listen. */
  readonly config: Record<string, unknown>
  readonly env?: Record<string, string>
  /** What to run instead of the command line as compiled for the tests, such as the bundle. */
  readonly script?: string
  /** Options of Node itself. */
  readonly nodeOptions?: readonly string[]
}

const readyWithinMs = 10_000

/** Starts a real Valetkey process and resolves when it listens. `t.teardown(() => it.kill())` next. */
export async function startValetkey(options: ValetkeyOptions): Promise<ValetkeyProcess> {
  const port = options.port ?? (await freePort())
  const publicUrl = options.publicUrl ?? `http://localhost:${port}`
  const folder = await mkdtemp(join(tmpdir(), 'valetkey-test-'))
  const file = join(folder, 'valetkey.yaml')
  const config = {
    publicUrl,
    listen: `127.0.0.1:${port}`,
    admin: { listen: '127.0.0.1:0' },
    shutdown: { wait: '0s', drain: '10s' },
    log: { level: 'debug' },
    ...options.config,
  }
  await writeFile(file, stringify(config))

  const { script = mainFile, nodeOptions = [] } = options
  const command = [process.execPath, ...nodeOptions, script, 'serve', '--config', file] as const
  const child = spawn(...withoutPreloads(...command), {
    env: { PATH: process.env['PATH'] ?? '', ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const exited = once(child, 'exit').then(async ([code]) => {
    await rm(folder, { recursive: true, force: true })
    return typeof code === 'number' ? code : null
  })

  const log: string[] = []
  const listening = new Promise<{ url: string; adminUrl: string }>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        log.push(line)
        const addresses = parseListening(line)
        if (addresses) resolve(addresses)
      })
    }
    void exited.then((code) =>
      reject(new Error(`valetkey exited with ${code}:\n${log.join('\n')}`)),
    )
  })
  const { url, adminUrl } = await listening

  async function isReady(): Promise<boolean> {
    const signal = AbortSignal.timeout(readyWithinMs)
    const response = await fetch(`${adminUrl}/readyz`, { signal }).catch(() => undefined)
    await response?.text()
    return response?.status === 200
  }

  return {
    publicUrl,
    url,
    adminUrl,
    child,
    log,
    async ready() {
      const deadline = Date.now() + readyWithinMs
      // Readiness is a state that has to be asked for; there is no event to wait for from outside.
      while (!(await isReady())) {
        if (Date.now() > deadline) throw new Error(`not ready:\n${log.join('\n')}`)
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
    },
    async stop() {
      child.kill('SIGTERM')
      return exited
    },
    async kill(signal = 'SIGKILL') {
      child.kill(signal)
      await exited
    },
  }
}

function parseListening(line: string): { url: string; adminUrl: string } | undefined {
  if (!line.includes('"msg":"listening"')) return undefined
  const entry: unknown = JSON.parse(line)
  if (typeof entry !== 'object' || entry === null) return undefined
  const [url, adminUrl]: unknown[] = [Reflect.get(entry, 'url'), Reflect.get(entry, 'adminUrl')]
  return typeof url === 'string' && typeof adminUrl === 'string' ? { url, adminUrl } : undefined
}

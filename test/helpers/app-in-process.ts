import { readFileSync } from 'node:fs'
import { setImmediate as nextLoop } from 'node:timers/promises'
import type { DestinationStream } from 'pino'
import { stringify } from 'yaml'
import { createApp } from '../../src/app/app.js'
import { loadConfig } from '../../src/config/load.js'
import { createLogger } from '../../src/telemetry/logger.js'

export interface AppInProcess {
  /** Where it listens, whatever its public URL. */
  readonly url: string
  readonly adminUrl: string
  readonly port: number
  /** Resolves when /readyz answers 200: with Redis, what is asked before may get 503. */
  ready(): Promise<void>
  close(): Promise<void>
}

/**
 * Starts a whole Valetkey within this process, which is quicker than a process of its own, with sessions in memory and a
 * provider that cannot be reached: enough for what needs no login.
 *
 * @param config over the defaults, section by section
 * @param options.log takes what it logs, line by line; without one nothing is logged
 * @param options.clock whoever turns it lets time pass
 */
export async function startAppInProcess(
  t: { teardown: (close: () => Promise<void>) => void },
  config: Record<string, unknown>,
  options: { readonly log?: DestinationStream; readonly clock?: () => number } = {},
): Promise<AppInProcess> {
  const text = stringify({
    publicUrl: 'http://localhost',
    listen: '127.0.0.1:0',
    admin: { listen: '127.0.0.1:0' },
    providers: [{ issuer: 'http://127.0.0.1:9', clientId: 'app', clientSecret: 'secret' }],
    ...config,
  })
  const loaded = loadConfig({
    file: 'valetkey.yaml',
    env: {},
    readFile: (path) => (path === 'valetkey.yaml' ? text : readFileSync(path, 'utf8')),
  })
  const { log, clock } = options
  const logger = log
    ? createLogger({ level: 'debug', destination: log })
    : createLogger({ level: 'silent' })
  const app = await createApp(loaded, { logger, ...(clock && { clock, monotonic: clock }) })
  const { url, adminUrl } = await app.listen()
  let closed: Promise<void> | undefined
  const close = (): Promise<void> => (closed ??= app.close().then(letClientsKnow))
  t.teardown(close)
  const ready = async () => {
    while (!(await isReady(adminUrl))) await nextLoop()
  }
  return { url, adminUrl, port: Number(new URL(url).port), ready, close }
}

async function isReady(adminUrl: string): Promise<boolean> {
  const response = await fetch(`${adminUrl}/readyz`)
  await response.text()
  return response.ok
}

/**
 * A client within this process learns of the end of its connections when the loop looks at them next. Before that it
 * would use them again, though another server may listen there by then.
 */
async function letClientsKnow(): Promise<void> {
  await nextLoop()
  await nextLoop()
}

import { readFileSync } from 'node:fs'
import { createApp } from '../../src/app/app.js'
import { createLogger } from '../../src/telemetry/logger.js'
import { loadText } from './config-fixtures.js'
import { stringify } from 'yaml'

/** The whole of Valetkey within the process of the test, in front of upstreams on public routes. */
export interface InProcess {
  readonly url: string
  readonly port: number
  close(): Promise<void>
}

/**
 * Starts it with a provider that is not there, which only a login would need.
 *
 * @param config over the defaults, section by section
 */
export async function startInProcess(
  t: { teardown: (close: () => Promise<void>) => void },
  config: Record<string, unknown>,
): Promise<InProcess> {
  const text = stringify({
    publicUrl: 'http://localhost',
    listen: '127.0.0.1:0',
    admin: { listen: '127.0.0.1:0' },
    providers: [{ issuer: 'http://127.0.0.1:9', clientId: 'app', clientSecret: 'secret' }],
    ...config,
  })
  const files = new Proxy({}, { get: (_files, path) => readFileSync(String(path), 'utf8') })
  const app = await createApp(loadText(text, {}, files), {
    logger: createLogger({ level: 'silent' }),
  })
  const { url } = await app.listen()
  let closed: Promise<void> | undefined
  const close = (): Promise<void> => (closed ??= app.close())
  t.teardown(close)
  return { url, port: Number(new URL(url).port), close }
}

import { stringify } from 'yaml'
import { createApp } from '../../src/app/app.js'
import { loadConfig } from '../../src/config/load.js'
import { createLogger } from '../../src/telemetry/logger.js'

export interface AppInProcess {
  /** Where it listens, whatever its public URL. */
  readonly url: string
  readonly port: number
}

/**
 * Starts a whole Valetkey within this process, which is quicker than a process of its own. Without providers in the
 * configuration there is one that cannot be reached, enough for public routes.
 *
 * @param config besides `listen` and `admin.listen`
 */
export async function startAppInProcess(
  t: { teardown: (close: () => Promise<void>) => void },
  config: Record<string, unknown>,
): Promise<AppInProcess> {
  const unreachable = { id: 'none', name: 'None', issuer: 'http://127.0.0.1:9', clientId: 'none' }
  const file = stringify({
    listen: '127.0.0.1:0',
    admin: { listen: '127.0.0.1:0' },
    providers: [{ ...unreachable, clientSecret: 'none' }],
    ...config,
  })
  const loaded = loadConfig({ file: 'valetkey.yaml', env: {}, readFile: () => file })
  const app = await createApp(loaded, { logger: createLogger({ level: 'silent' }) })
  t.teardown(() => app.close())
  const { url } = await app.listen()
  return { url, port: Number(new URL(url).port) }
}

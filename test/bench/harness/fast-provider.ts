import { fetch } from 'undici'
import { freePort } from '../../helpers/free-port.js'
import { withoutPreloads } from '../../helpers/without-preloads.js'
import type { KnownProvider } from '../contenders/valetkey.js'
import type { Owner } from './owner.js'
import { startProgram } from './programs.js'

export interface FastProvider extends KnownProvider {
  /** How many tokens it has been asked for. */
  tokenCalls(): Promise<number>
}

/** The double of a provider, see `fast-provider-process.ts`, as a process of its own. */
export async function startFastProvider(owner: Owner, delayMs: number): Promise<FastProvider> {
  const port = await freePort()
  const script = new URL('fast-provider-process.js', import.meta.url).pathname
  const [command, args] = withoutPreloads(process.execPath, script, String(port), String(delayMs))
  await startProgram(owner, { command, args, port })
  const issuer = `http://127.0.0.1:${port}`
  return {
    issuer,
    clientId: 'app',
    clientSecret: 'secret',
    redirectUris: new Set(),
    async tokenCalls() {
      const told = await (await fetch(`${issuer}/calls`)).text()
      return Number(/^\{"calls":(\d+)\}$/.exec(told)?.[1])
    },
  }
}

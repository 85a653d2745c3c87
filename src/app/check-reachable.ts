import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import type { Config } from '../config/schema.js'
import { createUpstream } from '../proxy/upstream.js'
import type { Sessions } from '../session/sessions.js'
import type { Providers } from './providers.js'

/** Something that the configuration names and that did not answer; `path` is where in the file. */
export interface Unreachable {
  readonly path: string
  readonly message: string
}

const storeConnectMs = 3000

/** Tries discovery and keys of each provider, the session store, and a connection to each upstream. */
export async function checkReachable(
  config: Config,
  { providers, sessions }: { providers: Providers; sessions: Sessions },
): Promise<readonly Unreachable[]> {
  const checks = [
    ...[...providers.values()].map((provider, index) =>
      attempt(`providers[${index}].issuer`, () => provider.checkOnline()),
    ),
    attempt('session.redis.url', () => reachStore(sessions)),
    ...config.routes.map(({ upstream, timeouts }, index) =>
      attempt(`routes[${index}].upstream`, () => connectTo(upstream, timeouts.connect)),
    ),
  ]
  return (await Promise.all(checks)).filter((result) => result !== undefined)
}

async function attempt(path: string, check: () => Promise<void>): Promise<Unreachable | undefined> {
  try {
    await check()
    return undefined
  } catch (error) {
    return { path, message: error instanceof Error ? error.message : String(error) }
  }
}

/** The connection is opened in the background, so it gets its time. */
async function reachStore(sessions: Sessions): Promise<void> {
  const deadline = AbortSignal.timeout(storeConnectMs)
  for (;;) {
    const state = await sessions.readiness()
    if (state.ready) return
    if (deadline.aborted) throw new Error(state.reason)
    await setTimeout(50)
  }
}

async function connectTo(url: string, connectMs: number): Promise<void> {
  const { hostname, port } = createUpstream(url, { connectMs, responseMs: 0, idleMs: 0 })
  const socket = connect({ host: hostname, port })
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(connectMs) })
  } catch (error) {
    const timedOut = error instanceof Error && error.name === 'AbortError'
    const why = timedOut ? `no connection within ${connectMs} ms` : 'no connection'
    throw new Error(`${why} to ${hostname}:${port}`, { cause: error })
  } finally {
    socket.destroy()
  }
}

import { setTimeout } from 'node:timers/promises'
import type { Config, RouteConfig } from '../config/schema.js'
import { openConnection } from '../proxy/connection.js'
import { createUpstream } from '../proxy/upstream.js'
import type { RelyingParty } from '../oidc/relying-party.js'
import type { Sessions } from '../session/sessions.js'
import type { Providers } from './providers.js'
import type { StoreWarnings } from './sessions.js'

/** Something that the configuration names and that is not as it should be; `path` is where in the file. */
export interface Unreachable {
  readonly path: string
  readonly message: string
}

const storeConnectMs = 3000

export interface OnlineFindings {
  readonly unreachable: readonly Unreachable[]
  /** What works, but not as it should. */
  readonly warnings: readonly Unreachable[]
}

/** Tries discovery, keys and the client of each provider, the session store, and a connection to each upstream. */
export async function checkReachable(
  config: Config,
  parts: { providers: Providers; sessions: Sessions; storeWarnings: StoreWarnings },
): Promise<OnlineFindings> {
  const { providers, sessions, storeWarnings } = parts
  const storePath = pathOfStore(config)
  const checks = [
    ...[...providers.values()].map(checkProvider),
    attempt(storePath, async () => {
      await Promise.all([reachStore(sessions), storeWarnings.whenTold(storeConnectMs)])
    }),
    ...config.routes.map((route, index) =>
      attempt(`routes[${index}].upstream`, () => connectTo(route)),
    ),
  ]
  const unreachable = (await Promise.all(checks)).filter((result) => result !== undefined)
  const warnings = storeWarnings.current().map((message) => ({ path: storePath, message }))
  return { unreachable, warnings }
}

/** The client can only be tried where the provider is. */
async function checkProvider(provider: RelyingParty, index: number) {
  const path = `providers[${index}]`
  const unreachable = await attempt(`${path}.issuer`, () => provider.checkOnline())
  return unreachable ?? attempt(`${path}.clientAuthentication`, () => provider.checkClient())
}

function pathOfStore({ session: { redis } }: Config): string {
  if (redis?.cluster) return 'session.redis.cluster'
  return redis?.sentinel ? 'session.redis.sentinel' : 'session.redis.url'
}

async function attempt(path: string, check: () => Promise<void>): Promise<Unreachable | undefined> {
  try {
    await check()
    return undefined
  } catch (error) {
    return { path, message: messageOf(error) }
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

async function connectTo({ upstream, timeouts }: RouteConfig): Promise<void> {
  const place = createUpstream(upstream, { connectMs: timeouts.connect, responseMs: 0, idleMs: 0 })
  const { hostname, port, socketPath, http2 } = place
  try {
    const socket = await openConnection(place, http2 ? 'h2' : 'http/1.1')
    socket.destroy()
  } catch (error) {
    const where = socketPath ?? `${hostname}:${port}`
    throw new Error(`no connection to ${where}: ${messageOf(error)}`, { cause: error })
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

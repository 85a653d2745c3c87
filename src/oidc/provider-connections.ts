import { Agent, ProxyAgent, type Dispatcher } from 'undici'
import type { ProviderTls } from './provider-tls.js'

/** To one host; what comes on top waits, within its deadline. */
const maxConnections = 64

/** The connections to one provider. */
export interface ProviderConnections {
  /** Runs a call over the connections for that URL; throws what it throws, or that the TLS files cannot be read. */
  use<Result>(url: string, call: (dispatcher: Dispatcher) => Promise<Result>): Promise<Result>
  close(): Promise<void>
}

/** Connections that trust and show the same, by the proxy that they go through; '' for none. */
interface Generation {
  readonly tls: ProviderTls
  readonly dispatchers: Map<string, Dispatcher>
  users: number
}

/**
 * Connects with the TLS files as they are now. Once they have changed no call goes over a connection that was made
 * before, since the provider knows it by the old certificate; calls under way end on it.
 */
export function createProviderConnections(options: {
  readonly timeoutMs: number
  readonly readTls: () => Promise<ProviderTls>
  /** The proxy that leads to a URL, if one does. */
  readonly proxyFor: (url: URL) => string | undefined
}): ProviderConnections {
  const { timeoutMs, readTls, proxyFor } = options
  const retired = new Set<Generation>()
  let current: Generation | undefined

  function generationOf(tls: ProviderTls): Generation {
    if (current?.tls === tls) return current
    if (current !== undefined) {
      retired.add(current)
      dispose(current)
    }
    current = { tls, dispatchers: new Map(), users: 0 }
    return current
  }

  function dispose(generation: Generation): void {
    if (generation.users > 0 || !retired.delete(generation)) return
    void destroy(generation)
  }

  return {
    async use(url, call) {
      const generation = generationOf(await readTls())
      generation.users += 1
      try {
        const proxy = proxyFor(new URL(url)) ?? ''
        const dispatcher =
          generation.dispatchers.get(proxy) ?? createDispatcher(generation.tls, proxy, timeoutMs)
        generation.dispatchers.set(proxy, dispatcher)
        return await call(dispatcher)
      } finally {
        generation.users -= 1
        dispose(generation)
      }
    },
    async close() {
      const all = [...retired, ...(current === undefined ? [] : [current])]
      await Promise.all(all.map(destroy))
    },
  }
}

function createDispatcher(
  { ca, cert, key }: ProviderTls,
  proxy: string,
  timeoutMs: number,
): Dispatcher {
  const connect = { ca, cert, key, timeout: timeoutMs, rejectUnauthorized: true }
  if (proxy === '') return new Agent({ connect, connections: maxConnections })
  return new ProxyAgent({
    uri: proxy,
    connections: maxConnections,
    requestTls: connect,
    proxyTls: { timeout: timeoutMs, rejectUnauthorized: true },
  })
}

async function destroy({ dispatchers }: Generation): Promise<void> {
  await Promise.all([...dispatchers.values()].map((dispatcher) => dispatcher.destroy()))
}

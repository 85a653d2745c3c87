import { isIP } from 'node:net'
import { Agent, buildConnector, type Dispatcher } from 'undici'
import type { Upstream } from './upstream.js'

/** The connections to all upstreams. */
export interface Agents {
  agentFor(upstream: Upstream): Dispatcher
  /** Breaks off what is still open. */
  destroy(): Promise<void>
}

/**
 * Connections are shared by upstreams of the same origin and connect timeout. TLS is verified, against the host name of the
 * upstream's URL; no request is ever sent twice.
 */
export const createAgents = (): Agents => {
  const agents = new Map<number, Agent>()
  return {
    agentFor: ({ timeouts: { connectMs } }) => {
      const known = agents.get(connectMs)
      if (known) return known
      const agent = createAgent(connectMs)
      agents.set(connectMs, agent)
      return agent
    },
    destroy: async () => {
      await Promise.all([...agents.values()].map((agent) => agent.destroy()))
      agents.clear()
    },
  }
}

const createAgent = (connectMs: number): Agent => {
  const connect = buildConnector({ timeout: connectMs, rejectUnauthorized: true, port: 0 })
  return new Agent({
    allowH2: false,
    pipelining: 1,
    connect: ({ hostname, servername: _fromHostHeader, ...options }, callback) =>
      connect(
        isIP(hostname) === 0
          ? { ...options, hostname, servername: hostname }
          : { ...options, hostname },
        callback,
      ),
  })
}

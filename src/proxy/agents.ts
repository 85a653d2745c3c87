import { type buildConnector, Pool } from 'undici'
import { readBeyondBrokenWrites } from './broken-writes.js'
import { openConnection } from './connection.js'
import { createHttp2Agent } from './http2-agent.js'
import type { Http2Request } from './http2-exchange.js'
import { watchReads } from './idle-break.js'
import type { ResponseHandler } from './response-handler.js'
import type { Upstream } from './upstream.js'

/** What sends requests over the connections of an upstream, and breaks them off in the end. */
export interface UpstreamAgent {
  /** Sends a request; the handler is told what comes of it. */
  dispatch(request: Http2Request, handler: ResponseHandler): boolean
  destroy(): Promise<void>
}

/** The connections to all upstreams. */
export interface Agents {
  agentFor(upstream: Upstream): UpstreamAgent
  /** Breaks off what is still open. */
  destroy(): Promise<void>
}

/** Connections are shared by upstreams in the same place, which are reached in the same way. */
export const createAgents = (): Agents => {
  const agents = new Map<string, UpstreamAgent>()
  const known = new WeakMap<Upstream, UpstreamAgent>()

  const find = (upstream: Upstream): UpstreamAgent => {
    const { origin, socketPath, tls, http2, timeouts } = upstream
    const key = JSON.stringify([origin, socketPath, tls, http2, timeouts.connectMs])
    const agent = agents.get(key) ?? createAgent(upstream)
    agents.set(key, agent)
    known.set(upstream, agent)
    return agent
  }

  return {
    agentFor: (upstream) => known.get(upstream) ?? find(upstream),
    destroy: async () => {
      await Promise.all([...agents.values()].map((agent) => agent.destroy()))
      agents.clear()
    },
  }
}

const createAgent = (upstream: Upstream): UpstreamAgent =>
  upstream.http2 ? createHttp2Agent(upstream) : createHttp1Agent(upstream)

/** One request at a time on each connection. */
const createHttp1Agent = (upstream: Upstream): Pool =>
  new Pool(upstream.origin, {
    allowH2: false,
    pipelining: 1,
    connect: (_options, callback) => void connect(upstream, callback),
  })

const connect = async (upstream: Upstream, callback: buildConnector.Callback): Promise<void> => {
  let socket
  try {
    socket = await openConnection(upstream, 'http/1.1')
  } catch (error) {
    callback(asError(error), null)
    return
  }
  watchReads(socket)
  readBeyondBrokenWrites(socket)
  callback(null, socket)
}

const asError = (error: unknown): Error =>
  error instanceof Error ? error : new Error(String(error))

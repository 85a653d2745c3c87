import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { drainServer } from '../../src/app/drain-server.js'
import type { ForwardPlan } from '../../src/proxy/forward-plan.js'
import { createForwarder } from '../../src/proxy/forwarder.js'
import type { LiveConnection } from '../../src/proxy/live-connection.js'
import type { UpstreamError } from '../../src/proxy/upstream-errors.js'
import {
  createUpstream,
  type UpstreamSettings,
  type UpstreamTimeouts,
} from '../../src/proxy/upstream.js'

export interface Proxy {
  readonly url: string
  readonly port: number
  readonly server: Server
  readonly errors: UpstreamError[]
  /** The WebSockets and event streams that were let through. */
  readonly live: LiveConnection[]
  /** The status of each response that was passed on as a whole. */
  readonly forwarded: number[]
  close(): Promise<void>
}

export interface ProxyOptions {
  plan?: Partial<ForwardPlan>
  timeouts?: Partial<UpstreamTimeouts>
  maxBodyBytes?: number
  /** Stands for the gate: may have the request refused instead, or set headers. */
  refuse?: (request: IncomingMessage, response: ServerResponse) => number | undefined
}

/** A server whose every request goes to the upstream, with the names that Valetkey reserves. */
export const startProxy = async (
  t: { teardown: (close: () => Promise<void>) => void },
  place: string | UpstreamSettings,
  { plan, timeouts, maxBodyBytes, refuse }: ProxyOptions = {},
): Promise<Proxy> => {
  const upstream = createUpstream(
    place,
    { connectMs: 5_000, responseMs: 60_000, idleMs: 300_000, ...timeouts },
    maxBodyBytes,
  )
  const errors: UpstreamError[] = []
  const live: LiveConnection[] = []
  const forwarded: number[] = []
  const forwarder = createForwarder({
    isReservedHeader: (name) =>
      ['x-forwarded-user', 'x-valetkey-assertion', 'x-auth-request-user'].includes(name),
    isAnswerHeader: (name) => name === 'x-valetkey-answer',
    isOwnCookie: (name) => name === '__Host-valetkey' || name.startsWith('__Host-valetkey-login-'),
    onFinalRecipient: (_request, response) => void response.writeHead(204).end(),
    onUpstreamError: (_request, response, error) => {
      errors.push(error)
      answer(response, error.statusCode, { code: error.code })
    },
    onForwarded: (_request, response) => forwarded.push(response.statusCode),
  })

  const take = (request: IncomingMessage, response: ServerResponse): void => {
    const status = refuse?.(request, response)
    if (status !== undefined) {
      answer(response, status, { refused: true })
      return
    }
    forwarder.forward(request, response, {
      upstream,
      target: request.url ?? '/',
      addHeaders: [],
      passAuthorization: false,
      onLive: (connection) => live.push(connection),
      ...plan,
    })
  }
  const server = createServer({ requestTimeout: 0 }, take)
  forwarder.takeUpgrades(server, take)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  let closed: Promise<void> | undefined
  const close = (): Promise<void> => {
    closed ??= (async () => {
      forwarder.closeLive()
      await drainServer(server)
      await forwarder.destroy()
    })()
    return closed
  }
  t.teardown(close)
  const address = server.address()
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0
  return { url: `http://127.0.0.1:${port}`, port, server, errors, live, forwarded, close }
}

const answer = (response: ServerResponse, status: number, body: object): void => {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

import { createHash } from 'node:crypto'
import {
  request as httpRequest,
  ServerResponse,
  type ClientRequest,
  type IncomingMessage,
} from 'node:http'
import { Socket } from 'node:net'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { connectedEvent, startConnection } from './connection.js'
import type { Credentials } from './credentials.js'
import type { LiveConnection } from './live-connection.js'
import { relayResponse } from './relay-response.js'
import type { RequestHeaderChanges, RequestHeaderRules } from './request-headers.js'
import {
  buildResponseHeaders,
  isFramedClearly,
  type ResponseHeaderRules,
} from './response-headers.js'
import { createTunnel, type TunnelSide } from './tunnel.js'
import { isWebSocketHandshake, readmitWithoutUpgrade } from './upgrade.js'
import { toUpstreamError, UpstreamError } from './upstream-errors.js'
import { upstreamTarget, type Upstream } from './upstream.js'

export interface WebSocketOptions extends RequestHeaderRules, ResponseHeaderRules {
  /** Gets hold of every WebSocket that was let through, and whatever else stays open. */
  readonly onLive: (request: FastifyRequest, connection: LiveConnection) => void
}

interface Plan extends RequestHeaderChanges {
  readonly upstream: Upstream
  readonly target: string
  readonly credentials?: Credentials | undefined
}

type Fail = (request: FastifyRequest, reply: FastifyReply, error: UpstreamError) => void

export interface WebSockets {
  /** Whether this request came as an opening handshake. */
  isHandshake(request: FastifyRequest): boolean
  /**
   * Passes the handshake on with the headers of each attempt and, once the upstream has agreed, joins the two
   * connections.
   */
  forward(
    request: FastifyRequest,
    reply: FastifyReply,
    plan: Plan,
    headers: () => readonly string[],
    fail: Fail,
  ): void
}

/**
 * Takes the upgrades of the scope's server. An opening handshake goes through fastify's hooks like any request, so a
 * refusal is an ordinary answer; frames are passed on unread, which leaves subprotocols, extensions and close codes to
 * the two ends. Any other upgrade is ignored.
 */
export const createWebSockets = (scope: FastifyInstance, options: WebSocketOptions): WebSockets => {
  const handshakes = new WeakMap<IncomingMessage, TunnelSide>()

  // Node asks this from version 24.9 on; before, every upgrade ends up in the event below.
  Object.assign(scope.server, { shouldUpgradeCallback: isWebSocketHandshake })
  scope.server.on('upgrade', (request, socket, head) => {
    if (!isWebSocketHandshake(request)) {
      readmitWithoutUpgrade(scope.server, request, socket, head)
      return
    }
    if (!(socket instanceof Socket)) return
    socket.on('error', () => socket.destroy())
    handshakes.set(request, { socket, head })
    const response = new ServerResponse(request)
    response.shouldKeepAlive = false
    response.assignSocket(socket)
    response.on('finish', () => socket.destroySoon())
    scope.routing(request, response)
  })

  const join = (
    request: FastifyRequest,
    reply: FastifyReply,
    client: TunnelSide,
    agreement: IncomingMessage,
    upstream: TunnelSide,
  ): void => {
    reply.hijack()
    reply.raw.detachSocket(client.socket)
    client.socket.write(switchingProtocols(agreement, options), 'latin1')
    options.onLive(request, createTunnel(client, upstream))
  }

  return {
    isHandshake: (request) => handshakes.has(request.raw),
    forward: (request, reply, plan, headers, fail) => {
      const client = handshakes.get(request.raw)
      if (!client) throw new TypeError('this request is no handshake')
      const attempt = (
        mayRepeat: boolean,
        { socket: clientSocket, head: sentBefore }: TunnelSide,
      ) => {
        const outgoing = startHandshake(plan, headers())
        const stopWatching = watchClient(clientSocket, () => outgoing.destroy())
        const withEarly = (): TunnelSide => ({
          socket: clientSocket,
          head: Buffer.concat([sentBefore, ...stopWatching()]),
        })

        outgoing.on('error', (error) => {
          stopWatching()
          if (!clientSocket.destroyed) fail(request, reply, toUpstreamError(error))
        })
        outgoing.on('upgrade', (response, socket, head) => {
          const sent = withEarly()
          plan.credentials?.learn({ statusCode: 101, rawHeaders: response.rawHeaders })
          if (clientSocket.destroyed) {
            socket.destroy()
          } else if (isAgreement(response, request.headers['sec-websocket-key'])) {
            join(request, reply, sent, response, { socket, head })
          } else {
            socket.destroy()
            const message = 'the WebSocket handshake was not answered properly'
            fail(request, reply, new UpstreamError('ERR_UPSTREAM_MALFORMED', message))
          }
        })
        outgoing.on('response', (response) => {
          const sent = withEarly()
          const { statusCode = 502, statusMessage = '', rawHeaders } = response
          if (plan.credentials?.learn({ statusCode, rawHeaders }) === true && mayRepeat) {
            response.destroy()
            attempt(false, sent)
            return
          }
          if (!isFramedClearly(rawHeaders)) {
            response.destroy()
            const message = 'the WebSocket handshake was refused in an unclear way'
            fail(request, reply, new UpstreamError('ERR_UPSTREAM_MALFORMED', message))
            return
          }
          const refusal = { statusCode, statusMessage, rawHeaders, body: response }
          const { idleMs } = plan.upstream.timeouts
          relayResponse(reply, refusal, options, idleMs, (connection) =>
            options.onLive(request, connection),
          )
        })
      }
      attempt(true, client)
    },
  }
}

/**
 * Sees when a client goes while its handshake is on the way, for which its connection has to be read. At most one piece of
 * what it sends too early is taken.
 *
 * @returns ends the watching and gives what was taken
 */
const watchClient = (socket: Socket, onGone: () => void): (() => Buffer[]) => {
  const early: Buffer[] = []
  const take = (piece: Buffer): void => {
    early.push(piece)
    socket.pause()
  }
  const gone = (): void => {
    socket.destroy()
    onGone()
  }
  socket.on('data', take).once('end', gone).once('close', gone)
  return () => {
    socket.pause()
    socket.off('data', take).off('end', gone).off('close', gone)
    return early
  }
}

const startHandshake = ({ upstream, target }: Plan, headers: readonly string[]): ClientRequest => {
  const { responseMs } = upstream.timeouts
  const outgoing = httpRequest({
    method: 'GET',
    path: upstreamTarget(upstream, target),
    headers: [...headers, 'Connection', 'Upgrade', 'Upgrade', 'websocket'],
    setHost: false,
    createConnection: () => startConnection(upstream, 'http/1.1'),
  })

  let timer: NodeJS.Timeout | undefined
  outgoing.on('socket', (socket) => {
    socket.once(connectedEvent(upstream), () => {
      if (responseMs === 0) return
      timer = setTimeout(() => {
        const message = `no answer to the WebSocket handshake within ${responseMs} ms`
        outgoing.destroy(new UpstreamError('ERR_UPSTREAM_TIMEOUT', message))
      }, responseMs)
    })
  })
  const done = (): void => clearTimeout(timer)
  outgoing.on('upgrade', done).on('response', done).on('close', done)
  outgoing.end()
  return outgoing
}

/** RFC 6455 §4.1: the upstream has understood this very handshake, and is not a server that says 101 to anything. */
const isAgreement = ({ headers }: IncomingMessage, key: string | undefined): boolean =>
  headers.upgrade?.toLowerCase() === 'websocket' &&
  headers['sec-websocket-accept'] ===
    createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')

const switchingProtocols = (response: IncomingMessage, rules: ResponseHeaderRules): string => {
  const headers = buildResponseHeaders(response.rawHeaders, rules)
  let text = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n'
  for (let i = 0; i < headers.length; i += 2) text += `${headers[i]}: ${headers[i + 1]}\r\n`
  return `${text}\r\n`
}

import { createHash } from 'node:crypto'
import {
  request as httpRequest,
  type Server,
  type ServerResponse,
  type ClientRequest,
  type IncomingMessage,
} from 'node:http'
import type { Socket } from 'node:net'
import { responseUnderWay, takeLeftConnection } from '../left-connection.js'
import { connectedEvent, startConnection } from './connection.js'
import { createEventStream, isEventStream } from './event-stream.js'
import type { ResponseHead } from './exchange.js'
import type { ForwardPlan } from './forward-plan.js'
import type { ForwardingContext } from './forwarded-request.js'
import type { TakeRequest } from './forwarder.js'
import { startRelay } from './relay.js'
import { type BuildResponseHeaders, isFramedClearly } from './response-headers.js'
import { createTunnel, type TunnelSide } from './tunnel.js'
import { isWebSocketHandshake, readmitWithoutUpgrade } from './upgrade.js'
import { toUpstreamError, UpstreamError } from './upstream-errors.js'
import { upstreamTarget } from './upstream.js'

export interface WebSockets {
  /** Takes the upgrades of a server; an opening handshake goes on to `take` like any request. */
  takeUpgrades(server: Server, take: TakeRequest): void
  /** Whether this request came as an opening handshake. */
  isHandshake(request: IncomingMessage): boolean
  /**
   * Passes the handshake on with the headers of each attempt and, once the upstream has agreed, joins the two
   * connections.
   */
  forward(request: IncomingMessage, response: ServerResponse, plan: ForwardPlan): void
}

/**
 * WebSockets: an opening handshake is decided upon like any request, so a refusal is an ordinary answer; messages are
 * passed on unread, which leaves subprotocols, extensions and close codes to the two ends. Any other upgrade is ignored.
 */
export const createWebSockets = (context: ForwardingContext): WebSockets => {
  const { fail } = context
  const handshakes = new WeakMap<IncomingMessage, TunnelSide>()

  const takeUpgrades = (server: Server, take: TakeRequest): void => {
    // Node asks this from version 24.9 on; before, every upgrade ends up in the event below.
    Object.assign(server, { shouldUpgradeCallback: isWebSocketHandshake })
    server.on('upgrade', (request: IncomingMessage, socket, head: Buffer) => {
      if (!isWebSocketHandshake(request)) {
        if (responseUnderWay(socket) === undefined) {
          readmitWithoutUpgrade(server, request, socket, head)
        } else {
          socket.destroy()
        }
        return
      }
      const taken = takeLeftConnection(request, socket)
      if (taken === undefined) return
      handshakes.set(request, { socket: taken.socket, head })
      take(request, taken.response)
    })
  }

  const join = (
    response: ServerResponse,
    plan: ForwardPlan,
    client: TunnelSide,
    agreement: IncomingMessage,
    upstream: TunnelSide,
  ): void => {
    response.detachSocket(client.socket)
    client.socket.write(switchingProtocols(agreement, context.responseHeaders), 'latin1')
    context.onLive(plan, createTunnel(client, upstream))
  }

  return {
    takeUpgrades,
    isHandshake: (request) => handshakes.has(request),
    forward: (request, response, plan) => {
      const client = handshakes.get(request)
      if (!client) throw new TypeError('this request is no handshake')
      const attempt = (
        mayRepeat: boolean,
        { socket: clientSocket, head: sentBefore }: TunnelSide,
      ) => {
        const outgoing = startHandshake(plan, context.headersOf(request, plan))
        const stopWatching = watchClient(clientSocket, () => outgoing.destroy())
        const withEarly = (): TunnelSide => ({
          socket: clientSocket,
          head: Buffer.concat([sentBefore, ...stopWatching()]),
        })

        outgoing.on('error', (error) => {
          stopWatching()
          if (!clientSocket.destroyed) fail(request, response, toUpstreamError(error))
        })
        outgoing.on('upgrade', (agreement, socket, head) => {
          const sent = withEarly()
          plan.credentials?.learn({ statusCode: 101, rawHeaders: agreement.rawHeaders })
          if (clientSocket.destroyed) {
            socket.destroy()
          } else if (isAgreement(agreement, request.headers['sec-websocket-key'])) {
            join(response, plan, sent, agreement, { socket, head })
          } else {
            socket.destroy()
            const message = 'the WebSocket handshake was not answered properly'
            fail(request, response, new UpstreamError('ERR_UPSTREAM_MALFORMED', message))
          }
        })
        outgoing.on('response', (refusal) => {
          const sent = withEarly()
          const { statusCode = 502, statusMessage = '', rawHeaders } = refusal
          const head = { statusCode, statusMessage, rawHeaders }
          if (plan.credentials?.learn(head) === true && mayRepeat) {
            refusal.destroy()
            attempt(false, sent)
            return
          }
          if (!isFramedClearly(rawHeaders)) {
            refusal.destroy()
            const message = 'the WebSocket handshake was refused in an unclear way'
            fail(request, response, new UpstreamError('ERR_UPSTREAM_MALFORMED', message))
            return
          }
          relayRefusal(response, plan, head, refusal, sent.socket)
        })
      }
      attempt(true, client)
    },
  }

  function relayRefusal(
    response: ServerResponse,
    plan: ForwardPlan,
    head: ResponseHead,
    body: IncomingMessage,
    client: Socket,
  ): void {
    const { idleMs } = plan.upstream.timeouts
    const relay = startRelay(response, head, { context, idleMs, onDrain: () => body.resume() })
    relay.flush()
    body.on('data', (chunk: Buffer) => {
      if (!relay.write(chunk)) body.pause()
    })
    body.once('end', () => relay.end([]))
    body.once('error', () => relay.breakOff())
    if (idleMs > 0) body.setTimeout(idleMs, () => relay.breakOff())
    response.once('close', () => body.destroy())
    // Read again, so that it is seen when the client goes; what it sends means nothing any more.
    client.resume().once('end', () => client.destroy())
    if (!isEventStream(head)) return
    const stop = (): void => {
      relay.stop()
      body.destroy()
    }
    context.onLive(plan, createEventStream(response, head, stop))
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

const startHandshake = (
  { upstream, target }: ForwardPlan,
  headers: readonly string[],
): ClientRequest => {
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

const switchingProtocols = (response: IncomingMessage, build: BuildResponseHeaders): string => {
  const headers = build(response.rawHeaders)
  let text = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n'
  for (let i = 0; i < headers.length; i += 2) text += `${headers[i]}: ${headers[i + 1]}\r\n`
  return `${text}\r\n`
}

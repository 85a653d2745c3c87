import { createHash } from 'node:crypto'
import { once } from 'node:events'
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from 'node:http'
import { createServer as createTlsServer, type ServerOptions as TlsServerOptions } from 'node:https'
import type { Socket } from 'node:net'
import { WebSocketServer } from 'ws'

/** What reached the application, as it arrived. */
export interface SeenRequest {
  readonly method: string
  readonly url: string
  readonly rawHeaders: readonly string[]
  readonly headers: IncomingMessage['headers']
}

/** What the application answers with on every path that has no meaning of its own. */
export interface Echo extends SeenRequest {
  readonly bodyLength: number
  readonly bodySha256: string
}

/** Reads the answer of the echo. */
export const parseEcho = (json: string): Echo => JSON.parse(json)

/** A real application behind Valetkey that remembers what it was asked. */
export interface Upstream {
  /** `http://127.0.0.1:<port>`, without a trailing slash. */
  readonly url: string
  readonly port: number
  /** Every request and upgrade since the start or the last `forget()`, oldest first. */
  readonly requests: readonly SeenRequest[]
  /** How many connections are open now. */
  readonly openConnections: number
  /** How many requests were cut off by the other side before they were answered. */
  readonly abortedRequests: number
  /** Ends what `/slow` requests wait for. */
  release(): void
  /** Empties the request log. */
  forget(): void
  /** Resets every open connection. */
  resetConnections(): void
  /** Resolves with the next request. */
  nextRequest(): Promise<SeenRequest>
  /** Resolves once every connection that is open now has closed. */
  connectionsClosed(): Promise<void>
  close(): Promise<void>
}

/**
 * Starts an application on a free port of 127.0.0.1. Without a handler:
 *
 * - `/headers` answers with the raw header array alone,
 * - `/slow` answers once `release()` is called,
 * - `/stream?bytes=n` sends n bytes,
 * - `/events?count=n` sends n server-sent events, each once the one before is written, and with `&open` stays open,
 * - `/status/<code>` answers with that status,
 * - a WebSocket upgrade gets its messages back; the first one offered is the subprotocol; `?greet` sends the
 *   upgrade request as JSON first,
 * - everything else is echoed as JSON (`Echo`).
 *
 * @param handler answers instead of these
 * @param tls makes it an https server
 * @param socketPath makes it listen on a unix socket instead
 */
export const startUpstream = async (
  handler?: RequestListener,
  tls?: TlsServerOptions,
  socketPath?: string,
): Promise<Upstream> => {
  const requests: SeenRequest[] = []
  const sockets = new Set<Socket>()
  const slow = new Set<ServerResponse>()
  const waiting: ((request: SeenRequest) => void)[] = []
  let abortedRequests = 0

  const remember = (request: IncomingMessage): void => {
    const seen = see(request)
    requests.push(seen)
    for (const resolve of waiting.splice(0)) resolve(seen)
  }

  const listener: RequestListener = (request, response) => {
    remember(request)
    response.on('close', () => {
      slow.delete(response)
      if (!response.writableFinished) abortedRequests += 1
    })
    if (handler) return handler(request, response)
    if (pathOf(request) === '/slow') return void slow.add(response)
    return answer(request, response)
  }

  const server = tls ? createTlsServer(tls, listener) : createServer(listener)
  server.on(tls ? 'secureConnection' : 'connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.on('close', () => sockets.delete(socket))
  })

  const webSockets = new WebSocketServer({ noServer: true })
  server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    remember(request)
    webSockets.handleUpgrade(request, socket, head, (webSocket) => {
      if (new URL(request.url ?? '/', 'http://x').searchParams.has('greet')) {
        webSocket.send(JSON.stringify(see(request)))
      }
      webSocket.on('message', (data, binary) => webSocket.send(data, { binary }))
    })
  })

  server.listen(socketPath === undefined ? { port: 0, host: '127.0.0.1' } : { path: socketPath })
  await once(server, 'listening')
  const address = server.address()
  const port = address !== null && typeof address === 'object' ? address.port : 0

  return {
    url:
      socketPath === undefined
        ? `${tls ? 'https' : 'http'}://127.0.0.1:${port}`
        : `unix:${socketPath}`,
    port,
    requests,
    get openConnections() {
      return sockets.size
    },
    get abortedRequests() {
      return abortedRequests
    },
    release: () => {
      for (const response of slow) response.end('released')
    },
    forget: () => {
      requests.length = 0
    },
    resetConnections: () => {
      for (const socket of sockets) socket.resetAndDestroy()
    },
    nextRequest: () => new Promise((resolve) => waiting.push(resolve)),
    connectionsClosed: async () => {
      const closed = [...sockets].map(
        (socket) => new Promise((resolve) => socket.once('close', resolve)),
      )
      await Promise.all(closed)
    },
    close: async () => {
      for (const socket of sockets) socket.destroy()
      if (!server.listening) return
      server.close()
      await once(server, 'close')
    },
  }
}

const see = (request: IncomingMessage): SeenRequest => ({
  method: request.method ?? '',
  url: request.url ?? '',
  rawHeaders: request.rawHeaders,
  headers: request.headers,
})

const pathOf = (request: IncomingMessage): string => (request.url ?? '').split('?', 1)[0] ?? ''

const answer = (request: IncomingMessage, response: ServerResponse): void => {
  const path = pathOf(request)
  const number = (name: string): number =>
    Number(new URL(request.url ?? '/', 'http://x').searchParams.get(name) ?? 0)

  if (path === '/headers') sendJson(response, request.rawHeaders)
  else if (path === '/stream') sendBytes(response, number('bytes'))
  else if (path === '/events')
    sendEvents(response, number('count'), request.url?.endsWith('&open') === true)
  else if (path.startsWith('/status/')) {
    response.statusCode = Number(path.slice('/status/'.length))
    response.end()
  } else echo(request, response)
}

const sendJson = (response: ServerResponse, value: unknown): void => {
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify(value))
}

const sendBytes = (response: ServerResponse, bytes: number): void => {
  const piece = Buffer.alloc(64 * 1024, 'x')
  let left = bytes
  const write = (): void => {
    while (left > 0) {
      const size = Math.min(left, piece.length)
      left -= size
      if (!response.write(size === piece.length ? piece : piece.subarray(0, size))) {
        response.once('drain', write)
        return
      }
    }
    response.end()
  }
  response.setHeader('content-type', 'application/octet-stream')
  response.setHeader('content-length', bytes)
  write()
}

const sendEvents = (response: ServerResponse, count: number, staysOpen: boolean): void => {
  response.setHeader('content-type', 'text/event-stream')
  const send = (number: number): void => {
    if (number > count) {
      if (!staysOpen) response.end()
    } else response.write(`data: ${number}\n\n`, () => setImmediate(send, number + 1))
  }
  send(1)
}

const echo = (request: IncomingMessage, response: ServerResponse): void => {
  const hash = createHash('sha256')
  let bodyLength = 0
  request.on('data', (piece: Buffer) => {
    bodyLength += piece.length
    hash.update(piece)
  })
  request.on('end', () => {
    sendJson(response, {
      ...see(request),
      bodyLength,
      bodySha256: hash.digest('hex'),
    } satisfies Echo)
  })
}

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { SecureContextOptions } from 'node:tls'
import { takeLeftConnection } from '../left-connection.js'
import { createHttp2Side } from './http2-server.js'
import { keepHttpShapes } from './lasting-shapes.js'
import { switchProtocols } from './protocol-switch.js'

/** A certificate with its chain, and its key, as PEM. */
export interface Certificate {
  readonly cert: string
  readonly key: string
}

export interface Listener {
  /** Listens for both protocols. */
  readonly server: Server
  /** Has every client of HTTP/2 finish what is under way and come anew; new connections are for the server to refuse. */
  drain(): void
}

// A client that takes longer to send a request's headers, or to say what it speaks, is none.
const headersTimeoutMs = 30_000
/** How long a connection stays open without a request: longer than the idle timeouts of usual balancers (60 s). */
const idleMs = 72_000

const http1Options = {
  headersTimeout: headersTimeoutMs,
  keepAliveTimeout: idleMs,
  // No limit for a request as a whole: a slow upload is the upstream's to judge.
  requestTimeout: 0,
  // A request without a host is refused like one with several, by the gate.
  requireHostHeader: false,
  // A request that announces no body has ended at once, and its stream tells nothing more. Node 20 knows no such option.
  optimizeEmptyRequests: true,
}

const tlsOptions = { ALPNProtocols: ['h2', 'http/1.1'], handshakeTimeout: 10_000 }

/** What new connections agree on under TLS; a server takes another in the place of an old one. */
export const secureContextOf = (certificate: Certificate): SecureContextOptions => ({
  ...certificate,
  minVersion: 'TLSv1.2',
})

/** One port for HTTP/1.1 and HTTP/2, with TLS when there is a certificate. The requests of both go to `onRequest`. */
export function createListener(options: {
  readonly onRequest: (request: IncomingMessage, response: ServerResponse) => void
  readonly certificate: Certificate | undefined
}): Listener {
  const { onRequest, certificate } = options
  keepHttpShapes()
  const server = certificate
    ? createSecureServer({ ...http1Options, ...tlsOptions, ...secureContextOf(certificate) })
    : createServer(http1Options)
  // RFC 9110 §10.1.1: a client that asks before it sends a body hears of a refusal instead.
  for (const event of ['request', 'checkContinue', 'checkExpectation']) server.on(event, onRequest)

  // Without a listener node would close the connection without a word.
  server.on('connect', (request: IncomingMessage, socket) => {
    const taken = takeLeftConnection(request, socket)
    if (taken === undefined) return
    // What was sent behind it is thrown away, since unread it would have the answer lost with the connection.
    socket.resume()
    onRequest(request, taken.response)
  })

  const http2 = createHttp2Side({ idleMs })
  for (const event of ['request', 'checkContinue', 'checkExpectation', 'connect']) {
    http2.server.on(event, onRequest)
  }
  const endUndecided = switchProtocols(server, http2.server, headersTimeoutMs)
  return {
    server,
    drain() {
      endUndecided()
      http2.drain()
    },
  }
}

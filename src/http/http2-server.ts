import {
  constants,
  createServer,
  type Http2Server,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2'
import { toHttp1Form } from './http2-request.js'

export interface Http2Side {
  /** Gets connections as `connection` events and never listens itself; its requests have the form of HTTP/1.1. */
  readonly server: Http2Server
  /** Tells every client to go elsewhere with its next request (GOAWAY); requests under way finish. */
  drain(): void
}

/**
 * What a client may take of us. Most of it is a promise to the client; nghttp2 holds it to the number of streams and to the
 * rate at which it resets them (CVE-2023-44487), node to the size of header lists.
 */
const settings = {
  enablePush: false,
  maxConcurrentStreams: 128,
  // the names and values of 16 KB that HTTP/1.1 may have, and 32 octets for each of them (RFC 9113 §6.5.2)
  maxHeaderListSize: 24 * 1024,
}

/** How long a client may go on sending a body after everything was answered. */
const lingerMs = 1000

/**
 * Speaks HTTP/2 with clients. Requests come as node's compatibility objects. WebSockets over HTTP/2 are not offered, so
 * that browsers open a connection of HTTP/1.1 for them.
 *
 * @param idleMs how long a connection may stay open without a request
 */
export function createHttp2Side({ idleMs }: { readonly idleMs: number }): Http2Side {
  const sessions = new Set<ServerHttp2Session>()
  let isDraining = false

  const server = createServer({ settings, maxHeaderListPairs: 200 })
  for (const event of ['request', 'checkContinue', 'checkExpectation', 'connect']) {
    server.on(event, toHttp1Form)
  }

  server.on('session', (session) => {
    let openStreams = 0
    sessions.add(session)
    session.once('close', () => sessions.delete(session))
    session.on('stream', (stream) => {
      openStreams++
      stream.once('close', () => openStreams--)
      stream.once('finish', () => endUpload(stream))
    })
    session.setTimeout(idleMs, () => {
      if (openStreams === 0) session.close()
    })
    if (isDraining) session.close()
  })

  return {
    server,
    drain() {
      isDraining = true
      for (const session of sessions) session.close()
    },
  }
}

/** Once it has its answer, a client that goes on sending keeps its stream no longer (RFC 9113 §8.1). */
function endUpload(stream: ServerHttp2Stream): void {
  if (stream.endAfterHeaders || stream.readableEnded) return
  const timer = setTimeout(() => stream.close(constants.NGHTTP2_NO_ERROR), lingerMs)
  stream.once('close', () => clearTimeout(timer))
}

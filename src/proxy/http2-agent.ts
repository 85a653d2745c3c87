import { connect, type ClientHttp2Session } from 'node:http2'
import type { UpstreamAgent } from './agents.js'
import { openConnection } from './connection.js'
import { startHttp2Exchange, type Http2Request } from './http2-exchange.js'
import type { ResponseHandler } from './response-handler.js'
import { toUpstreamError, UpstreamError } from './upstream-errors.js'
import type { Upstream } from './upstream.js'

/** A connection with HTTP/2, on which many exchanges go on at once. */
export interface Http2Line {
  readonly session: ClientHttp2Session
  /** How many exchanges it carries now. */
  exchanges: number
  /** Whether a response has come over it. */
  hasServed: boolean
}

/**
 * Sends requests over HTTP/2, whichever way the connection came to speak it. There is one connection until the
 * upstream takes no more streams on it; then there is another.
 */
export const createHttp2Agent = (upstream: Upstream): UpstreamAgent => {
  const lines = new Set<Http2Line>()
  let connecting: Promise<void> | undefined
  let isDestroyed = false

  const addLine = async (): Promise<void> => {
    const socket = await openConnection(upstream, 'h2')
    const spoken = 'alpnProtocol' in socket ? socket.alpnProtocol : 'h2'
    if (isDestroyed || spoken !== 'h2') {
      socket.destroy()
      throw new UpstreamError('ERR_UPSTREAM_TLS', 'the upstream did not agree to HTTP/2')
    }
    const session = connect(upstream.origin, {
      createConnection: () => socket,
      settings: { enablePush: false },
    })
    // what breaks the session breaks its streams as well, and is told there
    session.on('error', () => session.destroy())
    await greeting(session, upstream.timeouts.connectMs)
    const line = { session, exchanges: 0, hasServed: false }
    session.on('close', () => lines.delete(line))
    lines.add(line)
  }

  const takeLine = async (): Promise<Http2Line> => {
    for (;;) {
      const free = [...lines].find(hasRoom)
      if (free) {
        free.exchanges += 1
        return free
      }
      connecting ??= addLine().finally(() => {
        connecting = undefined
      })
      await connecting
    }
  }

  const send = async (request: Http2Request, handler: ResponseHandler): Promise<void> => {
    try {
      const line = await takeLine()
      startHttp2Exchange(line, request, handler)
    } catch (error) {
      handler.onError(toUpstreamError(error))
    }
  }

  return {
    dispatch: (request, handler) => {
      void send(request, handler)
      return true
    },
    destroy: async () => {
      isDestroyed = true
      for (const { session } of lines) session.destroy()
      lines.clear()
    },
  }
}

/**
 * Waits for the settings with which the upstream begins (RFC 9113 §3.4): they tell how many streams it takes, and that it
 * speaks HTTP/2 at all.
 */
const greeting = (session: ClientHttp2Session, limitMs: number): Promise<void> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      session.destroy(new UpstreamError('ERR_UPSTREAM_TIMEOUT', `no HTTP/2 within ${limitMs} ms`))
    }, limitMs)
    session.once('remoteSettings', () => resolve()).once('error', reject)
    session.once('close', () => {
      reject(new UpstreamError('ERR_UPSTREAM_MALFORMED', 'the upstream speaks no HTTP/2'))
    })
    for (const event of ['remoteSettings', 'close']) session.once(event, () => clearTimeout(timer))
  })

const hasRoom = ({ session, exchanges }: Http2Line): boolean =>
  !session.closed &&
  !session.destroyed &&
  exchanges < Math.max(1, session.remoteSettings.maxConcurrentStreams ?? 100)

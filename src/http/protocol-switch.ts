import type { Server } from 'node:http'
import type { Http2Server } from 'node:http2'
import { Server as TlsServer, TLSSocket } from 'node:tls'
import type { Socket } from 'node:net'

/** How an HTTP/2 connection begins whose client knows that we speak it (RFC 9113 §3.4); no HTTP/1.1 request does. */
const preface = Buffer.from('PRI * HTTP/2.0\r\n')

/**
 * Lets a server for HTTP/1.1 hand those of its connections over to `http2` that are to speak it: under TLS the ones that
 * agreed on it (ALPN), else those that begin with its preface. It is looked at once, when a connection is new.
 *
 * @param silenceMs how long a connection without TLS may take until it is clear what it speaks
 * @returns ends the connections of which that is not clear yet
 */
export function switchProtocols(server: Server, http2: Http2Server, silenceMs: number): () => void {
  const isSecure = server instanceof TlsServer
  const event = isSecure ? 'secureConnection' : 'connection'
  const http1Listeners = server.listeners(event)
  const undecided = new Set<Socket>()

  const toHttp2 = (socket: Socket): void => {
    // The server for HTTP/1.1 ends its own side when a client has ended its; that one leaves it to the socket.
    socket.allowHalfOpen = false
    http2.emit('connection', socket)
  }
  const toHttp1 = (socket: Socket): void => {
    for (const listener of http1Listeners) Reflect.apply(listener, server, [socket])
  }

  server.removeAllListeners(event)
  server.on(event, (socket: Socket) => {
    if (socket instanceof TLSSocket) {
      if (socket.alpnProtocol === 'h2') toHttp2(socket)
      else toHttp1(socket)
      return
    }
    undecided.add(socket)
    sniff(socket, silenceMs, (protocol) => {
      undecided.delete(socket)
      if (protocol === 'http2') toHttp2(socket)
      else if (protocol === 'http1') toHttp1(socket)
    })
  })
  return () => {
    for (const socket of undecided) socket.destroy()
  }
}

/** Reads as little of a connection as tells its protocol, and puts it back. */
function sniff(
  socket: Socket,
  silenceMs: number,
  decide: (protocol: 'http1' | 'http2' | undefined) => void,
): void {
  let seen: Buffer = Buffer.alloc(0)

  const finish = (protocol: 'http1' | 'http2' | undefined): void => {
    clearTimeout(timer)
    socket.off('readable', look).off('end', giveUp).off('error', giveUp).off('close', giveUp)
    if (protocol === undefined) socket.destroy()
    else socket.unshift(seen)
    decide(protocol)
  }
  const giveUp = (): void => finish(undefined)
  const look = (): void => {
    const piece: unknown = socket.read()
    if (!Buffer.isBuffer(piece)) return
    seen = seen.length === 0 ? piece : Buffer.concat([seen, piece])
    const begun = Math.min(seen.length, preface.length)
    if (seen.compare(preface, 0, begun, 0, begun) !== 0) finish('http1')
    else if (begun === preface.length) finish('http2')
  }
  const timer = setTimeout(giveUp, silenceMs)
  socket.on('readable', look).once('end', giveUp).once('error', giveUp).once('close', giveUp)
}

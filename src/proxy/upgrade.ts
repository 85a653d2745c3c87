import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { announcesBody } from '../announces-body.js'

/**
 * Whether an upgrade request is the opening handshake of a WebSocket (RFC 6455 §4.1) and nothing else. One that
 * announces a body is not: where that body ends and the frames begin would be open to two readings.
 */
export const isWebSocketHandshake = (request: IncomingMessage): boolean =>
  request.method === 'GET' &&
  request.httpVersion === '1.1' &&
  request.headers.upgrade?.toLowerCase() === 'websocket' &&
  request.headers['sec-websocket-key'] !== undefined &&
  !announcesBody(request)

/**
 * Lets a request whose upgrade is not wanted go on as an ordinary one (RFC 9110 §7.8). Node has taken its hands off the
 * connection by then, so it gets it anew, with the request as it was but for the upgrade.
 */
export const readmitWithoutUpgrade = (
  server: Server,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): void => {
  const { method, url, httpVersion, rawHeaders } = request
  let text = `${method} ${url} HTTP/${httpVersion}\r\n`
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] ?? ''
    const value = rawHeaders[i + 1] ?? ''
    const lower = name.toLowerCase()
    if (lower === 'upgrade' || lower === 'http2-settings') continue
    text += `${name}: ${lower === 'connection' ? withoutUpgrade(value) : value}\r\n`
  }
  socket.unshift(Buffer.concat([Buffer.from(`${text}\r\n`, 'latin1'), head]))
  server.emit('encrypted' in socket ? 'secureConnection' : 'connection', socket)
}

const withoutUpgrade = (connection: string): string =>
  connection
    .split(',')
    .filter((option) => !/^\s*(upgrade|http2-settings)\s*$/i.test(option))
    .join(',')

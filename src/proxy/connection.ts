import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect as connectPlain, Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { toUpstreamError, UpstreamError } from './upstream-errors.js'
import type { Upstream } from './upstream.js'

type Protocol = 'http/1.1' | 'h2'

/** What a socket emits once requests can be sent. */
export const connectedEvent = ({ secure }: Upstream): 'secureConnect' | 'connect' =>
  secure ? 'secureConnect' : 'connect'

/**
 * Begins to connect, which is the only way to an upstream, whatever goes over it. TLS is verified anew for each
 * connection, and the name is that of the configuration, whatever the client asks for. Never throws: what goes wrong is an
 * error of the socket.
 */
export const startConnection = (upstream: Upstream, protocol: Protocol): Socket => {
  const socket = connect(upstream, protocol)
  const { connectMs } = upstream.timeouts
  const timer = setTimeout(() => {
    const message = `no connection within ${connectMs} ms`
    socket.destroy(new UpstreamError('ERR_UPSTREAM_TIMEOUT', message))
  }, connectMs)
  const done = (): void => clearTimeout(timer)
  socket.once(connectedEvent(upstream), done).once('close', done)
  return socket.setNoDelay(true).setKeepAlive(true, 60_000)
}

/** The same, waiting for it. */
export const openConnection = async (upstream: Upstream, protocol: Protocol): Promise<Socket> => {
  const socket = startConnection(upstream, protocol)
  await once(socket, connectedEvent(upstream))
  return socket
}

const connect = (upstream: Upstream, protocol: Protocol): Socket => {
  const { hostname, port, socketPath, secure, serverName, tls } = upstream
  const place = socketPath === undefined ? { host: hostname, port } : { path: socketPath }
  if (!secure) return connectPlain(place)
  try {
    return connectTls({
      ...place,
      ca: readFile(tls.caFile),
      cert: readFile(tls.certFile),
      key: readFile(tls.keyFile),
      servername: serverName,
      rejectUnauthorized: true,
      ALPNProtocols: [protocol],
    })
  } catch (error) {
    const socket = new Socket()
    // not before somebody listens
    setImmediate(() => socket.destroy(toUpstreamError(error)))
    return socket
  }
}

const lastRead = new Map<string, Buffer>()

/** A file that cannot be read just now counts as it was last read: some replace files by removing them first. */
const readFile = (file: string | undefined): Buffer | undefined => {
  if (file === undefined) return undefined
  try {
    lastRead.set(file, readFileSync(file))
  } catch (error) {
    if (!lastRead.has(file)) throw error
  }
  return lastRead.get(file)
}

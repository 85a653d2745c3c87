import { type IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'

/** How long a client may go on sending a body after its answer. */
const lingerMs = 5000

/**
 * Has the connection end with the answer to a request whose body has not come as a whole: the rest may never be read, and
 * nothing can come behind it then. It is read away for a while, for what arrives at a closed connection resets it, and a
 * client that still sends would lose its answer (RFC 9112 §9.6).
 */
export const endWithAnswer = (request: IncomingMessage, response: ServerResponse): void => {
  if (request.complete) return
  response.shouldKeepAlive = false
  // nothing but a response of HTTP/1.1 has its connection to itself
  const connection = response instanceof ServerResponse && (response.socket ?? request.socket)
  if (!(connection instanceof Socket)) return
  const closeAtOnce = connection.destroySoon.bind(connection)
  // which is how node closes the connection behind its last answer
  connection.destroySoon = () => {
    if (request.complete || connection.readableEnded || !connection.writable) closeAtOnce()
    else linger(connection)
  }
}

const linger = (connection: Socket): void => {
  const { _read: read } = connection
  const close = (): void => void connection.destroy()
  // Reading was stopped where nobody took the body, by node's parser and past the knowledge of the connection: now it
  // knows, the parser lets go, and it begins anew.
  connection.pause()
  connection.removeAllListeners('data').removeAllListeners('end').on('data', ignore)
  read.call(connection.resume(), 0)
  connection.end().once('finish', () => {
    if (connection.readableEnded) {
      close()
      return
    }
    const timer = setTimeout(close, lingerMs)
    connection.once('end', close).once('close', () => clearTimeout(timer))
  })
}

const ignore = (): void => undefined

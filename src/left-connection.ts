import { type IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'

/**
 * The response that a connection is taken up by. Only this property tells, by which node's own handler of client errors
 * goes, too.
 */
export function responseUnderWay(connection: Duplex): ServerResponse | undefined {
  const current: unknown = Reflect.get(connection, '_httpMessage')
  return current instanceof ServerResponse ? current : undefined
}

/**
 * A connection that node has left to whoever takes the request, with the response to it; the connection ends with that.
 *
 * Undefined where an earlier request still waits for its answer: node no longer sees to that connection, so neither could
 * be answered in full, and the connection is closed. Nobody needs to ask for another protocol before they have the answer.
 */
export function takeLeftConnection(
  request: IncomingMessage,
  connection: Duplex,
): { readonly socket: Socket; readonly response: ServerResponse } | undefined {
  if (!(connection instanceof Socket) || responseUnderWay(connection) !== undefined) {
    connection.destroy()
    return undefined
  }
  connection.on('error', () => connection.destroy())
  const response = new ServerResponse(request)
  response.shouldKeepAlive = false
  response.assignSocket(connection)
  response.on('finish', () => connection.destroySoon())
  return { socket: connection, response }
}

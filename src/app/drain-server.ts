import type { IncomingMessage, Server, ServerResponse } from 'node:http'

const idleCheckMs = 50

/**
 * Closes a server without failing anyone: no new connections, requests under way finish, whatever still
 * arrives on open connections is answered with `Connection: close`, and idle connections are closed as
 * soon as they are. Resolves when the last connection is gone; who wants a deadline sets it.
 *
 * Upgraded connections count, too: let whoever holds them let go at the same time, which for fastify
 * means `Promise.all([drainServer(app.server), app.close()])`.
 */
export async function drainServer(server: Server): Promise<void> {
  server.prependListener('request', (_request: IncomingMessage, response: ServerResponse) => {
    // not as a header, beside which node would take one field of each name only
    response.shouldKeepAlive = false
  })
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  // The server closes what is idle at this moment only; a connection that is busy now stays open after
  // its response, until the client or a timeout of many seconds closes it.
  const idleCheck = setInterval(() => server.closeIdleConnections(), idleCheckMs)
  await closed
  clearInterval(idleCheck)
}

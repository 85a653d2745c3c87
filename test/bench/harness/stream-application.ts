import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { Owner } from './owner.js'

/** An application whose `/events` are streams that stay open and get an event each whenever it is told to send. */
export interface StreamApplication {
  readonly url: string
  /** Sends one event to each stream. */
  send(): void
}

export async function startStreamApplication(
  owner: Owner,
  event: string,
): Promise<StreamApplication> {
  const streams = new Set<ServerResponse>()
  const server = createServer((request, response) => {
    if (request.url !== '/events') return void response.end()
    response.setHeader('content-type', 'text/event-stream')
    response.flushHeaders()
    streams.add(response)
    response.once('close', () => streams.delete(response))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no TCP address')
  owner.teardown(() => {
    server.close()
    server.closeAllConnections()
  })
  return {
    url: `http://127.0.0.1:${address.port}`,
    send() {
      for (const stream of streams) stream.write(event)
    },
  }
}

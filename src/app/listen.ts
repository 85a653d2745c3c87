import { Server as TlsServer } from 'node:tls'
import type { FastifyInstance } from 'fastify'

/** So many new connections wait while the process is busy; the kernel may allow less. The default of 511 is soon full. */
const backlog = 4096

/** Listens on `host:port` (an IPv6 host in brackets) and gives the URL under which it is reached. */
export async function listenOn(server: FastifyInstance, address: string): Promise<string> {
  const colon = address.lastIndexOf(':')
  const host = address.slice(0, colon).replace(/^\[(.*)\]$/, '$1')
  const port = Number(address.slice(colon + 1))
  await listenQuietly(server, { host, port, backlog })
  const bound = server.server.address()
  if (bound === null || typeof bound === 'string') throw new Error(`not listening on ${address}`)
  const scheme = server.server instanceof TlsServer ? 'https' : 'http'
  return `${scheme}://${bound.family === 'IPv6' ? `[${bound.address}]` : bound.address}:${bound.port}`
}

/** Fastify logs each address as a message of its own; the command line says both in one. */
async function listenQuietly(
  server: FastifyInstance,
  options: { host: string; port: number; backlog: number },
): Promise<void> {
  const { log } = server
  server.log = log.child({}, { level: 'warn' })
  try {
    await server.listen(options)
  } finally {
    server.log = log
  }
}

import { once } from 'node:events'
import { connect } from 'node:net'
import { createServer } from 'node:tls'
import { certificate, privateKey } from '../proxy/self-signed.js'

/** Takes TLS off in front of a process that speaks plain HTTP, as an ingress does. */
export interface TlsFront {
  /** `https://localhost:<port>`; the certificate is its own. */
  readonly url: string
  /** Forwards connections to that port of 127.0.0.1 from now on. */
  forwardTo(port: number): void
  close(): Promise<void>
}

export async function startTlsFront(): Promise<TlsFront> {
  let target = 0
  const server = createServer({ cert: certificate, key: privateKey }, (client) => {
    const upstream = connect(target, '127.0.0.1')
    client.on('error', () => upstream.destroy())
    upstream.on('error', () => client.destroy())
    client.on('close', () => upstream.destroy())
    client.pipe(upstream).pipe(client)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no TCP address')
  return {
    url: `https://localhost:${address.port}`,
    forwardTo(port) {
      target = port
    },
    async close() {
      server.close()
      await once(server, 'close')
    },
  }
}

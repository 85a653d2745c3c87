import { once } from 'node:events'
import { createServer } from 'node:http'
import { Pool } from 'undici'
import { type TestProvider } from '../../helpers/provider.js'
import { startValetkey, type ValetkeyProcess } from '../../helpers/valetkey.js'

/** An application that answers everything with a little JSON, and remembers nothing. */
export async function startSmallApplication(): Promise<{ url: string; close(): void }> {
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'application/json').end('{"ok":true}')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('not listening on a port')
  const close = () => {
    server.close()
    server.closeAllConnections()
  }
  return { url: `http://127.0.0.1:${address.port}`, close }
}

export interface ProcessOptions {
  readonly provider: TestProvider
  readonly redisUrl: string
  readonly upstreamUrl: string
  readonly sessionKey: string
  readonly cacheBytes: number
}

/** Valetkey as the image has it. */
export async function startMeasured(options: ProcessOptions): Promise<ValetkeyProcess> {
  const { provider } = options
  const valetkey = await startValetkey({
    script: 'dist/bundle/valetkey.mjs',
    config: {
      providers: [
        {
          id: 'corp',
          issuer: provider.issuer,
          clientId: provider.clientId,
          clientSecret: provider.clientSecret,
        },
      ],
      session: {
        store: 'redis',
        // Beside other work the machine may be slow: that is no reason to stop.
        redis: { url: options.redisUrl, commandTimeout: '10s' },
        keys: [options.sessionKey],
        cacheBytes: options.cacheBytes,
      },
      routes: [{ match: { path: '/' }, upstream: options.upstreamUrl }],
      log: { level: 'info' },
    },
  })
  process.once('exit', () => valetkey.child.kill('SIGKILL'))
  await valetkey.ready()
  return valetkey
}

/** Sends a request with each cookie on so many keep-alive connections; throws unless all are served. */
export async function visit(
  url: string,
  cookies: readonly string[],
  connections: number,
): Promise<void> {
  const pool = new Pool(url, { connections, pipelining: 1 })
  const left = cookies.values()
  async function visitInTurn() {
    for (const cookie of left) await visitOnce(pool, cookie)
  }
  try {
    await Promise.all(Array.from({ length: connections }, visitInTurn))
  } finally {
    await pool.close()
  }
}

export async function visitOnce(pool: Pool, cookie: string): Promise<void> {
  const { statusCode, headers, body } = await pool.request({
    method: 'GET',
    path: '/',
    headers: { cookie: `valetkey=${cookie}` },
  })
  await body.dump()
  if (statusCode !== 200) {
    throw new Error(`answered with ${statusCode} ${String(headers['x-valetkey-answer'])}`)
  }
}

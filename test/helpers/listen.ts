import { once } from 'node:events'
import type { Server } from 'node:net'

interface Closable {
  destroy(): void
}

/**
 * Has a server listen on a free port of the loopback until the test ends, which breaks off what `open` still holds.
 *
 * @returns the port
 */
export async function listenOnLoopback(
  t: { teardown: (close: () => Promise<void>) => void },
  server: Server,
  open: Iterable<Closable> = [],
): Promise<number> {
  t.teardown(async () => {
    for (const each of open) each.destroy()
    server.close()
    await once(server, 'close')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('not listening on a port')
  return address.port
}

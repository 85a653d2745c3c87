import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'

// Below the range from which the system takes ports for port 0 and for outgoing connections, so that
// nothing else of the tests can take the port between finding and using it, or while it is let go.
const [lowest, highest] = [20_000, 32_000]

/** A port of 127.0.0.1 that is free, and most probably stays so until it is used. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(lowest, highest)
    const server = createServer()
    const listening = new Promise<boolean>((resolve) => {
      server.once('listening', () => resolve(true)).once('error', () => resolve(false))
    })
    server.listen(port, '127.0.0.1')
    if (await listening) {
      server.close()
      await once(server, 'close')
      return port
    }
  }
}

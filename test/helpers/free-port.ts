import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'

// Below the range from which the system takes ports for port 0 and for outgoing connections, so that
// nothing else of the tests can take the port between finding and using it, or while it is let go.
const lowest = 20_000
const portsOfJob = 1_500
const jobs = 8

// tap runs several files at once, each under a number that no other has meanwhile.
const firstOfJob = lowest + (Number(process.env['TAP_JOB_ID'] ?? 0) % jobs) * portsOfJob
let last = randomInt(portsOfJob)

/** A port of 127.0.0.1 that is free and that no other test of this run is given, until this file is done. */
export async function freePort(): Promise<number> {
  for (;;) {
    last = (last + 1) % portsOfJob
    const port = firstOfJob + last
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

import { createServer } from 'node:http'
import { drainServer } from '../../src/app/drain-server.js'
import { installShutdown } from '../../src/app/shutdown.js'
import { createLogger } from '../../src/telemetry/logger.js'

/**
 * A process that shuts down as Valetkey does, for tests that send it real signals. Its arguments are
 * `waitMs`, `drainMs` and how closing goes: `well`, `never` or `wrong`. It prints JSON lines: first its
 * port, later its log. `/slow` is answered when standard input says so.
 */
const [waitMs = '0', drainMs = '0', closing = 'well'] = process.argv.slice(2)
const logger = createLogger({ level: 'info' })

const server = createServer((request, response) => {
  if (request.url !== '/slow') {
    response.end('quick')
    return
  }
  logger.info({ under: 'way' }, 'slow request')
  process.stdin.once('data', () => response.end('slow'))
})
server.listen(0, '127.0.0.1', () => logger.info({ port: server.address() }, 'listening'))

installShutdown({
  signals: process,
  onDraining: () => logger.info({}, 'not ready'),
  waitMs: Number(waitMs),
  drainMs: Number(drainMs),
  close,
  exit: (code) => process.exit(code),
  logger,
})

async function close(): Promise<void> {
  logger.info({}, 'closing')
  await drainServer(server)
  if (closing === 'wrong') throw new Error('the store would not let go')
  if (closing === 'never') await new Promise(() => setInterval(() => undefined, 1000))
}

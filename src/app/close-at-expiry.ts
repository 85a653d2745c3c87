import type { Logger } from 'pino'
import type { BearerCaller } from '../http/bearer.js'
import type { LiveConnection } from '../proxy/live-connection.js'

/** Timers go no further. */
const longestTimerMs = 2_147_483_647

/** Closes WebSockets and event streams when the access token ends that they were opened with. */
export function createCloseAtExpiry(options: {
  readonly logger: Logger
  readonly clock: () => number
}): (bearer: BearerCaller, connection: LiveConnection) => void {
  const { logger, clock } = options

  return function closeAtExpiry({ key, endsAt }, connection) {
    let timer: NodeJS.Timeout
    function wait() {
      const leftMs = endsAt - clock()
      timer = setTimeout(leftMs <= 0 ? close : wait, Math.min(leftMs, longestTimerMs)).unref()
    }
    function close() {
      logger.info({ bearer: key }, 'live connection closed with its access token')
      connection.close('tokenExpired')
    }
    wait()
    void connection.closed.then(() => clearTimeout(timer))
  }
}

import type { Logger } from 'pino'
import type { LiveConnection } from '../proxy/live-connection.js'
import type { LiveSession, Sessions } from '../session/sessions.js'

/**
 * Closes WebSockets and event streams as soon as nobody would be let in any more with the session that
 * they were opened with.
 */
export function createCloseWithSession(
  sessions: Pick<Sessions, 'watch'>,
  logger: Logger,
): (live: LiveSession, connection: LiveConnection) => void {
  return function closeWithSession(live, connection) {
    const { key } = live
    const stop = sessions.watch(live, (end) => {
      logger.info({ session: key, end }, 'live connection closed with its session')
      connection.close(end === 'ended' ? 'sessionEnded' : 'sessionUnknown')
    })
    void connection.closed.then(stop)
  }
}

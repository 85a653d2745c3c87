import type { Redis } from 'ioredis'

/** As many looks in a row that find an answer owed and nothing new fill the time. */
const looks = 10

/**
 * Ends a connection that owes an answer and on which nothing arrives for `timeoutMs`, so that a new one can work:
 * a partition leaves connections that look alive. What counts are looks and not a clock, since a process that was
 * held up, be it by many requests at once, takes in what has arrived meanwhile before it looks again.
 */
export function endSilence(connection: Redis, timeoutMs: number): void {
  let looking: NodeJS.Timeout | undefined
  const stop = () => clearInterval(looking)
  connection.on('close', stop)
  connection.on('connect', () => {
    stop()
    const { stream } = connection
    let heardBytes = stream.bytesRead
    let silentLooks = 0
    looking = setInterval(() => {
      const isSilent = connection.commandQueue.length > 0 && stream.bytesRead === heardBytes
      heardBytes = stream.bytesRead
      silentLooks = isSilent ? silentLooks + 1 : 0
      if (silentLooks > looks) stream.destroy(new SilenceError())
    }, timeoutMs / looks).unref()
  })
}

/** Why the connection ended, as the network would say it. */
class SilenceError extends Error {
  readonly code = 'ETIMEDOUT'
}

/** Why a connection that would stay open is closed: the close code for a WebSocket (RFC 6455 §7.4.1), and the words. */
export const closeCauses = {
  sessionEnded: { code: 1008, reason: 'the session ended' },
  /** Nobody can tell any more whether the session goes on. */
  sessionUnknown: { code: 1013, reason: 'the session cannot be verified now' },
  tokenExpired: { code: 1008, reason: 'the access token expired' },
  shuttingDown: { code: 1001, reason: 'shutting down' },
} as const

export type CloseCause = keyof typeof closeCauses

/** A WebSocket or an event stream: what stays open by its nature, until somebody closes it. */
export interface LiveConnection {
  /** Resolves when both ends are closed; never rejects. */
  readonly closed: Promise<void>
  /** From now on nothing new is passed on; within `closeWithinMs` the connection is closed, in good order if the client reads. */
  close(cause: CloseCause): void
}

/** What is cut off in the middle by then was not going to end. */
export const closeWithinMs = 500

/** Every live connection of a server, so that none of them holds its shutdown. */
export interface LiveConnections {
  add(connection: LiveConnection): void
  /** Closes all, and whatever is added later at once. */
  shutDown(): void
}

export const createLiveConnections = (): LiveConnections => {
  const open = new Set<LiveConnection>()
  let isShuttingDown = false
  return {
    add: (connection) => {
      open.add(connection)
      void connection.closed.then(() => open.delete(connection))
      if (isShuttingDown) connection.close('shuttingDown')
    },
    shutDown: () => {
      isShuttingDown = true
      for (const connection of open) connection.close('shuttingDown')
    },
  }
}

import type { Socket } from 'node:net'

/** Two connections joined: what one sends, the other gets, unread. */
export interface Tunnel {
  /** Resolves when both connections are closed; never rejects. */
  readonly closed: Promise<void>
  /** Breaks both connections off. */
  close(): void
}

/** Joins two connections with backpressure and half-closes; when one breaks, so does the other. */
export const createTunnel = (client: Socket, upstream: Socket): Tunnel => {
  const closed = Promise.all([join(client, upstream), join(upstream, client)])
  return {
    closed: closed.then(() => undefined),
    close: () => {
      client.destroy()
      upstream.destroy()
    },
  }
}

const join = (from: Socket, to: Socket): Promise<void> => {
  from.setTimeout(0)
  from.setNoDelay(true)
  from.setKeepAlive(true, 60_000)
  from.allowHalfOpen = true
  from.pipe(to)
  from.on('error', () => to.destroy())
  return new Promise((resolve) => {
    from.on('close', () => {
      // whatever had arrived before is still delivered
      to.destroySoon()
      resolve()
    })
  })
}

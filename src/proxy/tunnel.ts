import type { Socket } from 'node:net'
import { closeFrame, createFrameBoundary } from './frame-boundary.js'
import { closeCauses, closeWithinMs, type LiveConnection } from './live-connection.js'

export interface TunnelSide {
  readonly socket: Socket
  /** What came along with the head of the handshake. */
  readonly head: Buffer
}

/**
 * Joins the two connections of a WebSocket with backpressure and half-closes: what one sends, the other gets, unchanged.
 * When one breaks, so does the other.
 *
 * Of what the upstream sends, only the frame headers are read, so that closing can put a Close frame behind the frame that
 * is on its way to the client. The upstream just sees its client go.
 */
export const createTunnel = (clientSide: TunnelSide, upstreamSide: TunnelSide): LiveConnection => {
  const { socket: client } = clientSide
  const { socket: upstream } = upstreamSide
  const frames = createFrameBoundary()
  let isFarewellSaid = false
  let timer: NodeJS.Timeout | undefined

  client.write(upstreamSide.head)
  upstream.write(clientSide.head)
  frames.pass(upstreamSide.head)
  upstream.on('data', frames.pass)
  const fromClient = join(client, upstream, () => upstream.destroySoon())
  // whatever had arrived before is still delivered; after a Close frame the client is the one to go
  const fromUpstream = join(upstream, client, () => {
    if (!isFarewellSaid) client.destroySoon()
  })
  const closed = Promise.all([fromClient, fromUpstream]).then(() => clearTimeout(timer))

  const sayFarewell = (farewell: Buffer): void => {
    isFarewellSaid = true
    if (!client.writableEnded) client.end(farewell)
    upstream.end()
    // unread bytes would turn the end of either connection into a reset, which can overtake the Close frame
    upstream.resume()
    client.resume()
  }

  return {
    closed,
    close: (cause) => {
      if (timer) return
      timer = setTimeout(() => {
        client.destroy()
        upstream.destroy()
      }, closeWithinMs)
      const farewell = closeFrame(closeCauses[cause].code, closeCauses[cause].reason)
      client.unpipe(upstream).resume()
      upstream.unpipe(client).off('data', frames.pass)
      if (frames.isBetweenFrames) {
        sayFarewell(farewell)
        return
      }
      const finishFrame = (piece: Buffer): void => {
        client.write(piece.subarray(0, frames.passFrame(piece)))
        if (!frames.isBetweenFrames) return
        upstream.off('data', finishFrame)
        sayFarewell(farewell)
      }
      upstream.on('data', finishFrame).resume()
    },
  }
}

const join = (from: Socket, to: Socket, onClosed: () => void): Promise<void> => {
  from.setTimeout(0)
  from.setNoDelay(true)
  from.setKeepAlive(true, 60_000)
  from.allowHalfOpen = true
  from.pipe(to)
  from.on('error', () => to.destroy())
  return new Promise((resolve) => {
    from.on('close', () => {
      onClosed()
      resolve()
    })
  })
}

import type { Socket } from 'node:net'

type Written = (error?: Error | null) => void
type Chunks = Parameters<NonNullable<Socket['_writev']>>[0]

/**
 * Lets what has arrived on a connection be read although nothing more can be written to it. A server that answers before
 * it has read the request may close at once (RFC 9112 §9.6): its answer is here by then, and the first write to break
 * would have it thrown away. So that write fails only once all is read, and until then holds back the others.
 */
export const readBeyondBrokenWrites = (socket: Socket): void => {
  const whenRead =
    (written: Written): Written =>
    (error) => {
      const isReadable = !socket.readableEnded && !socket.destroyed
      if (isReadable && isBreak(error)) socket.once('end', () => written(error))
      else written(error)
    }
  const { _write: write, _writev: writev } = socket
  Object.assign(socket, {
    _write: (chunk: unknown, encoding: BufferEncoding, written: Written) =>
      write.call(socket, chunk, encoding, whenRead(written)),
    _writev:
      writev &&
      ((chunks: Chunks, written: Written) => writev.call(socket, chunks, whenRead(written))),
  })
}

const isBreak = (error: Error | null | undefined): boolean =>
  error instanceof Error &&
  'code' in error &&
  (error.code === 'EPIPE' || error.code === 'ECONNRESET')

import type { Socket } from 'node:net'

/**
 * An upstream may close a connection that idles in the very moment of the next request, which then fails
 * although nothing is wrong (RFC 9112 §9.3.1). What tells this apart: the connection had brought something
 * before the request, and brings nothing after it.
 */
let ticks = 0
const lastReads = new WeakMap<Error, number>()

/** A moment, by a clock that only knows earlier and later; never 0. */
export const tick = (): number => ++ticks

/** Files under the error when the connection that it broke had last brought something; 0 is never. */
export const noteLastRead = (error: Error, at: number): void => {
  if (!lastReads.has(error)) lastReads.set(error, at)
}

/** Keeps watch over a connection whose bytes somebody else reads. */
export const watchReads = (socket: Socket): void => {
  let lastReadAt = 0
  socket.on('readable', () => {
    if (socket.readableLength > 0) lastReadAt = tick()
  })
  socket.on('error', (error) => noteLastRead(error, lastReadAt))
}

/** Whether the error broke a connection that had been used before `startedAt` and not been heard of since. */
export const brokeIdle = (error: unknown, startedAt: number): boolean => {
  const lastReadAt = error instanceof Error ? lastReads.get(error) : undefined
  return lastReadAt !== undefined && lastReadAt > 0 && lastReadAt < startedAt
}

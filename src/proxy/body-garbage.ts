import { collectYoung } from '../garbage.js'

/** How much of bodies may pass between two collections. */
const bytesBetween = 8 * 1024 * 1024

let bytesSince = 0

/**
 * Takes note of a piece of a body that passes, and now and then has the buffers of those that have passed
 * collected.
 *
 * V8 lets 32 MB of them pile up before it does so by itself, or 64 MB, depending on its version: while
 * large bodies pass, every process would hold that much for nothing. A collection of the young
 * generation takes about a millisecond, so one in 8 MB costs next to nothing.
 */
export const noteBodyBytes = (bytes: number): void => {
  bytesSince += bytes
  if (bytesSince < bytesBetween) return
  bytesSince = 0
  collectYoung()
}

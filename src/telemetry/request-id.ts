import { randomBytes } from 'node:crypto'

/**
 * Makes request ids: short enough to read out over the phone, unique over processes and restarts.
 * A client's own id is never taken over, so that nobody can make two requests look like one.
 */
export function createRequestIds(): () => string {
  const process = randomBytes(5).toString('hex')
  let count = 0
  return () => `${process}-${(count++).toString(36)}`
}

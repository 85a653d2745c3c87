import { randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

/** Says of requests that they came this way (RFC 9110 §7.6.3), and sees when they come again. */
export interface Via {
  /** The value that is added behind what others have said. */
  valueFor(request: IncomingMessage): string
  /** Whether this very process has forwarded the request before. */
  isLoop(request: IncomingMessage): boolean
}

/**
 * A name for each process, so that a request may pass several replicas, or one deployment in two places, and still no
 * circle goes on for longer than there are processes in it.
 */
export const createVia = (): Via => {
  const name = `valetkey-${randomBytes(5).toString('hex')}`
  const values = new Map(['1.0', '1.1', '2.0'].map((version) => [version, `${version} ${name}`]))
  return {
    valueFor: ({ httpVersion }) => values.get(httpVersion) ?? `1.1 ${name}`,
    isLoop: ({ headers }) => headers.via?.includes(name) === true,
  }
}

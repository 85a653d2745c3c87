import type { ServerResponse } from 'node:http'
import { firstValueOf } from '../raw-headers.js'
import type { ResponseHead } from './exchange.js'
import { closeWithinMs, type LiveConnection } from './live-connection.js'

/** Responses that never end by themselves: server-sent events, and parts of which each replaces the one before. */
const endlessTypes = /^\s*(text\/event-stream|multipart\/x-mixed-replace)\s*(;|$)/i

/** Whether a response goes on for as long as both ends like, unlike one that is merely long. */
export const isEventStream = ({ rawHeaders }: ResponseHead): boolean =>
  endlessTypes.test(firstValueOf(rawHeaders, 'content-type') ?? '')

/**
 * An event stream that is being sent as `sent`. Closing ends it after the last piece that came: what a client has of an
 * event without its end does not count as one. Where a length was promised it is broken off. `stop` has nothing more of
 * it come.
 */
export const createEventStream = (
  sent: ServerResponse,
  { rawHeaders }: ResponseHead,
  stop: () => void,
): LiveConnection => {
  let timer: NodeJS.Timeout | undefined
  const closed = new Promise<void>((resolve) => {
    sent.once('close', () => {
      clearTimeout(timer)
      resolve()
    })
  })
  return {
    closed,
    close: () => {
      if (timer || sent.closed) return
      // the client may have stopped reading
      timer = setTimeout(() => sent.destroy(), closeWithinMs)
      stop()
      if (firstValueOf(rawHeaders, 'content-length') === undefined) sent.end()
      else sent.destroy()
    },
  }
}

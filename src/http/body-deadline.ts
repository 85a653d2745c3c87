import { PassThrough } from 'node:stream'
import type { preParsingHookHandler } from 'fastify'

class BodyTimeoutError extends Error {
  readonly statusCode = 408
}

/**
 * Gives up on a body that has not come as a whole by then. It is for bodies that are read here; how long one may take on
 * its way to an upstream is the route's to say.
 */
export const createBodyDeadline =
  (deadlineMs: number): preParsingHookHandler =>
  (request, reply, payload, done) => {
    const { raw } = request
    // A stream that has ended by now would not say so again; the one that it is piped into does.
    const isThere = raw.complete && !raw.readableEnded
    if (isThere || request.method === 'GET' || request.method === 'HEAD') {
      done(null, payload)
      return
    }
    const body = new PassThrough()
    const timer = setTimeout(() => {
      payload.unpipe(body)
      // What comes of it later is not read, so the connection cannot be used again.
      reply.header('connection', 'close')
      body.destroy(new BodyTimeoutError('the body took too long'))
    }, deadlineMs).unref()
    // Not with the request, which says nothing more where it announced no body.
    reply.raw.once('close', () => {
      clearTimeout(timer)
      // What was refused unread has to be out of the way of the next request on the connection.
      payload.unpipe(body)
      payload.resume()
    })
    // Nobody listens any more to a body that was refused unread, for its length or its type.
    body.on('error', () => undefined)
    body.once('end', () => clearTimeout(timer))
    payload.pipe(body)
    done(null, body)
  }

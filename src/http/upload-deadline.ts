import type { IncomingMessage, ServerResponse } from 'node:http'
import { Http2ServerRequest } from 'node:http2'
import { announcesBody } from '../announces-body.js'

/** How long the body of a request may take that nobody but Valetkey reads. */
export const bodyDeadlineMs = 10_000

/**
 * Gives up on a body that nobody waits for and that has not come as a whole so long after the answer. Until it has,
 * nothing else can come on its connection, which closes. Streams of HTTP/2 are seen to by the listener.
 */
export function endUploadAfterAnswer(
  request: IncomingMessage,
  response: ServerResponse,
  deadlineMs: number,
): void {
  if (!announcesBody(request) || request instanceof Http2ServerRequest) return
  response.once('finish', () => {
    if (request.complete) return
    setTimeout(() => {
      if (!request.complete) request.socket.destroy()
    }, deadlineMs).unref()
  })
}

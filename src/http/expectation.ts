import type { IncomingMessage, ServerResponse } from 'node:http'

/** Lets a client go on that asked before it sends the body (RFC 9110 §10.1.1); for one of HTTP/1.0 that means nothing. */
export function continueIfAsked(
  { headers, httpVersion }: IncomingMessage,
  response: ServerResponse,
): void {
  if (headers.expect !== undefined && httpVersion !== '1.0') response.writeContinue()
}

import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'

const kept: object[] = []

/**
 * Keeps one request and one response of `node:http` alive that nobody sent. V8 forgets how objects of a class are laid
 * out when none is left; if it does so between the sixth and the seventh, as when a probe comes now and then, it makes
 * all later ones tables of names and values, and every request costs a fifth more for as long as the process lives.
 */
export function keepHttpShapes(): void {
  if (kept.length > 0) return
  const request = new IncomingMessage(new Socket())
  kept.push(request, new ServerResponse(request))
}

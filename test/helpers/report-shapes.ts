// Preloaded into Valetkey, with --expose-gc and --allow-natives-syntax: collects all garbage after each request, and
// says whether V8 had laid out that request and its response as objects of a class or as tables of names and values.
import { subscribe } from 'node:diagnostics_channel'
import { ServerResponse } from 'node:http'
import { Script } from 'node:vm'

// Only V8 itself compiles this syntax.
const hasFastProperties: unknown = new Script(
  '(object) => %HasFastProperties(object)',
).runInThisContext()

const isFast = (object: unknown): unknown =>
  typeof hasFastProperties === 'function' && hasFastProperties(object)

/** A function of its own, so that what waits for the end keeps neither of the two alive. */
const afterCollecting = (say: string) => () => {
  setImmediate(() => {
    globalThis.gc?.()
    process.stdout.write(`${say}\n`)
  })
}

subscribe('http.server.request.start', (message) => {
  if (typeof message !== 'object' || message === null) return
  const response: unknown = Reflect.get(message, 'response')
  if (!(response instanceof ServerResponse)) return
  const say = `fast: ${[response.req, response].map(isFast).join(' ')}`
  response.once('close', afterCollecting(say))
})

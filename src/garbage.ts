import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

const collect = createCollector()

/** Collects what is young. Takes about a millisecond. */
export const collectYoung = (): void => collect({ type: 'minor' })

/**
 * Collects everything, moves together what stays and gives the rest back to the system. Takes some 50 milliseconds,
 * in which nothing else happens. Node 20 cannot be asked for it and collects what is young.
 */
export const collectAll = (): void => collect({ type: 'major', flavor: 'last-resort' })

/** V8's own function, which its flag puts into contexts that are made after it is set. */
function createCollector(): (what: { type: string; flavor?: string }) => void {
  setFlagsFromString('--expose-gc')
  const gc: unknown = runInNewContext('gc')
  setFlagsFromString('--no-expose-gc')
  return typeof gc === 'function' ? (what) => void gc(what) : () => {}
}

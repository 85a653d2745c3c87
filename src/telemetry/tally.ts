import { Counter, type Registry } from 'prom-client'

/** Counts by one label, for as little as adding one to a number; prom-client hears of it when asked. */
export type Tally = (label: string) => void

const mostLabels = 200

/**
 * Makes a counter with one label. What is no short word, or one label too many, counts as `other`, so
 * that no mistake elsewhere can put people's data into metrics or make them grow without bound.
 */
export function createTally(
  registry: Registry,
  options: { name: string; help: string; label: string },
): Tally {
  const counts = new Map<string, number>()
  const counter = new Counter({
    name: options.name,
    help: options.help,
    labelNames: [options.label],
    registers: [registry],
    collect() {
      counter.reset()
      for (const [label, count] of counts) counter.inc({ [options.label]: label }, count)
    },
  })

  return function add(label) {
    const count = counts.get(label)
    if (count !== undefined) {
      counts.set(label, count + 1)
      return
    }
    const fits = counts.size < mostLabels && /^[A-Za-z0-9_.-]{1,64}$/.test(label)
    const known = fits ? label : 'other'
    counts.set(known, (counts.get(known) ?? 0) + 1)
  }
}

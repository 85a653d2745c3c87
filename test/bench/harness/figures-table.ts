import type { Figures } from './measure.js'
import { medianOf, percent } from './statistics.js'
import { markdownTable } from './table.js'

/** The median of one figure over all rounds. */
export function medianFigure(rounds: readonly Figures[], figure: keyof Figures): number {
  return medianOf(rounds.map((round) => round[figure])).median
}

/** A row for each of the measured, with the medians of its rounds. */
export function figuresTable(
  measured: readonly (readonly [name: string, rounds: readonly Figures[]])[],
): string {
  const rows = measured.map(([name, rounds]) => [
    name,
    medianFigure(rounds, 'cpuMicros').toFixed(1),
    percent(medianOf(rounds.map(({ cpuMicros }) => cpuMicros)).spread),
    medianFigure(rounds, 'redisMicros').toFixed(1),
    medianFigure(rounds, 'perSecond').toFixed(0),
    medianFigure(rounds, 'p99Ms').toFixed(2),
  ])
  return markdownTable(['', 'CPU µs', '±', 'Redis µs', 'req/s', 'p99 ms'], rows)
}

import type { Owner } from './owner.js'

/** What may be asked of parts that can be made longer or shorter. */
export interface PartOptions {
  readonly seconds?: number
  /** Numbers of sessions. */
  readonly sessions?: readonly number[]
}

/** A part of the benchmark: starts what it needs, measures, and gives what docs/benchmark.md says of it. */
export type Part = (owner: Owner, options: PartOptions) => Promise<string>

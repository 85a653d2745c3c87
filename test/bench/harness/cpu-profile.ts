import { Type } from 'typebox'
import { Value } from 'typebox/value'

/** What V8 saw at its samples, by function. */
export interface CpuProfile {
  /** Without the time in which nothing ran, microseconds. */
  readonly busyMicros: number
  readonly frames: readonly {
    readonly name: string
    readonly file: string
    readonly line: number
    /** The time of the function's own, without that of what it called. */
    readonly micros: number
  }[]
}

const schema = Type.Object({
  nodes: Type.Array(
    Type.Object({
      id: Type.Number(),
      callFrame: Type.Object({
        functionName: Type.String(),
        url: Type.String(),
        lineNumber: Type.Number(),
      }),
    }),
  ),
  samples: Type.Array(Type.Number()),
  timeDeltas: Type.Array(Type.Number()),
})

/** Reads a profile as `--cpu-prof` writes it. */
export function readProfile(value: unknown): CpuProfile {
  const { nodes, samples, timeDeltas } = Value.Parse(schema, value)
  const own = new Map<number, number>()
  for (const [at, id] of samples.entries()) {
    own.set(id, (own.get(id) ?? 0) + (timeDeltas[at] ?? 0))
  }
  const frames = nodes
    .map(({ id, callFrame: { functionName, url, lineNumber } }) => ({
      name: functionName || '(anonymous)',
      file: url,
      line: lineNumber + 1,
      micros: own.get(id) ?? 0,
    }))
    .filter(({ name }) => name !== '(idle)')
  return { frames, busyMicros: frames.reduce((sum, { micros }) => sum + micros, 0) }
}

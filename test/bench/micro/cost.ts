import { execFile } from 'node:child_process'
import { performance } from 'node:perf_hooks'
import { promisify } from 'node:util'
import { getHeapStatistics } from 'node:v8'
import { findProgram } from '../harness/programs.js'
import { medianOf } from '../harness/statistics.js'
import type { HotCall } from './hot-calls.js'

const warmUpCalls = 200_000
const calls = 50_000
const batches = 15

/** What a call takes once it is optimised, at best; the bytes are undefined where Node does not count them. */
export function measureCall({ run }: HotCall): { nanoseconds: number; bytes: number | undefined } {
  repeat(run, warmUpCalls)
  const nanoseconds: number[] = []
  const bytes: number[] = []
  for (let batch = 0; batch < batches; batch++) {
    const allocated = allocatedBytes()
    const startedAt = performance.now()
    repeat(run, calls)
    nanoseconds.push(((performance.now() - startedAt) * 1e6) / calls)
    bytes.push((allocatedBytes() - allocated) / calls)
  }
  const { median } = medianOf(bytes)
  return {
    nanoseconds: Math.min(...nanoseconds),
    bytes: Number.isNaN(median) ? undefined : median,
  }
}

let kept: unknown

/** Calls it so many times; keeps what came last. */
export function repeat(run: HotCall['run'], times: number): void {
  for (let call = 0; call < times; call++) kept = run()
  if (kept === undefined) throw new Error('a call without a result')
}

function allocatedBytes(): number {
  const statistics = getHeapStatistics()
  return 'total_allocated_bytes' in statistics
    ? Number(statistics.total_allocated_bytes)
    : Number.NaN
}

const mostCounted = 500_000
const countedNanoseconds = 200e6

/**
 * The instructions of a call in a process of its own, garbage collection included; undefined without Valgrind. It
 * counts on machines, too, whose processors let nobody count. What a call takes tells how many are enough.
 */
export async function countInstructions(
  at: number,
  nanoseconds: number,
): Promise<number | undefined> {
  if (findProgram('valgrind') === undefined) return undefined
  const few = Math.min(mostCounted, Math.round(countedNanoseconds / nanoseconds))
  return ((await instructionsOf(at, 2 * few)) - (await instructionsOf(at, few))) / few
}

const script = new URL('./repeat-process.js', import.meta.url).pathname

async function instructionsOf(at: number, times: number): Promise<number> {
  const counting = ['--tool=cachegrind', '--cache-sim=no', '--cachegrind-out-file=/dev/null']
  // Without threads V8 compiles and collects at the same calls in each run.
  const program = [process.execPath, '--predictable', script, `${at}`, `${times}`]
  const { stderr } = await promisify(execFile)('valgrind', [...counting, ...program])
  return Number(/I\s+refs:\s+([0-9,]+)/.exec(stderr)?.[1]?.replaceAll(',', ''))
}

import { performance } from 'node:perf_hooks'

/** Tells how many milliseconds have passed since it was made, whatever happens to the clock. */
export function stopwatch(): () => number {
  const startedAt = performance.now()
  return () => performance.now() - startedAt
}

import { treeCpuMs } from './process-figures.js'

/** The CPU time that each of these processes, with all that descend from it, takes while some work goes on. */
export async function cpuDuring<Result>(
  pids: readonly number[],
  work: () => Promise<Result>,
): Promise<{ readonly cpuMs: number[]; readonly result: Result }> {
  const before = await Promise.all(pids.map(treeCpuMs))
  const result = await work()
  const after = await Promise.all(pids.map(treeCpuMs))
  return { cpuMs: after.map((ms, at) => ms - (before[at] ?? 0)), result }
}

import { readdir, readFile } from 'node:fs/promises'

/** What a process has in memory now, in MB (2^20). */
export async function residentMegabytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/^VmRSS:\s+([0-9]+) kB$/m.exec(status)?.[1]) / 1024
}

// Linux counts in hundredths of a second, whatever the machine (USER_HZ).
const tickMs = 10

/** The CPU time that a process has used so far, in milliseconds. */
export async function cpuMs(pid: number): Promise<number> {
  const fields = await statFields(pid)
  return (Number(fields[11]) + Number(fields[12])) * tickMs
}

/** What follows the name in `/proc/PID/stat`; the name may hold spaces. */
async function statFields(pid: number): Promise<string[]> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
}

/** A process and all that descend from it. */
export async function processTree(root: number): Promise<number[]> {
  const names = await readdir('/proc')
  const parents = new Map<number, number>()
  for (const pid of names.map(Number).filter((each) => Number.isInteger(each))) {
    // One that ended meanwhile has no parent any more.
    const fields = await statFields(pid).catch(() => undefined)
    if (fields) parents.set(pid, Number(fields[1]))
  }
  const descends = (pid: number | undefined): boolean =>
    pid !== undefined && (pid === root || descends(parents.get(pid)))
  return [...parents.keys()].filter((pid) => descends(pid))
}

/** The CPU time of a process and all that descend from it and still run, in milliseconds. */
export async function treeCpuMs(root: number): Promise<number> {
  const each = await Promise.all((await processTree(root)).map(cpuMs))
  return each.reduce((sum, ms) => sum + ms, 0)
}

/** The memory of a process with all that descend from it, in MB: what they share counts once. */
export async function treeMegabytes(root: number): Promise<number> {
  const pids = await processTree(root)
  if (pids.length === 1) return residentMegabytes(root)
  const each = await Promise.all(pids.map(proportionalMegabytes))
  return each.reduce((sum, megabytes) => sum + megabytes, 0)
}

async function proportionalMegabytes(pid: number): Promise<number> {
  const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8')
  return Number(/^Pss:\s+([0-9]+) kB$/m.exec(rollup)?.[1]) / 1024
}

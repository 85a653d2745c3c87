import type { ValetkeyProcess } from '../../helpers/valetkey.js'
import { readMetric } from '../harness/metrics.js'
import { residentMegabytes } from '../harness/process-figures.js'
import { visit } from './visit.js'

export interface CacheFigures {
  readonly label: string
  readonly residentMb: number
  readonly cachedMb: number
}

/**
 * Lets sessions of so many times the cache's bound pass through, and looks after some of them. Each comes
 * twice, since the note of its activity, a change, drops from the cache what the first time brings.
 */
export async function measureCache(
  valetkey: ValetkeyProcess,
  cookies: readonly string[],
  sessionsPerBound: number,
  lookAfter: readonly number[],
): Promise<CacheFigures[]> {
  const { url, adminUrl, child } = valetkey
  const pid = child.pid ?? 0
  const figures: CacheFigures[] = [await look('none')]
  for (let bound = 1; bound <= Math.max(...lookAfter); bound++) {
    // Round and round: each time around, the sessions have long been dropped.
    const passing = Array.from(
      { length: sessionsPerBound },
      (_, place) => cookies[((bound - 1) * sessionsPerBound + place) % cookies.length] ?? '',
    )
    await visit(url, passing, 16)
    await visit(url, passing, 16)
    if (lookAfter.includes(bound)) figures.push(await look(String(bound)))
  }
  return figures

  async function look(label: string): Promise<CacheFigures> {
    return {
      label,
      residentMb: await residentMegabytes(pid),
      cachedMb: (await readMetric(adminUrl, 'valetkey_session_cache_bytes')) / 2 ** 20,
    }
  }
}

import type { Cluster } from 'ioredis'
import { type RedisAddress } from './redis-settings.js'

/** The nodes of a cluster that hold slots, by `host:port`. Throws when no node tells. */
export async function fetchPrimaries(cluster: Cluster): Promise<ReadonlyMap<string, RedisAddress>> {
  // Without a key it goes to any primary; each knows of all, a moment after the change at the latest.
  const ranges: unknown = await cluster.cluster('SLOTS')
  const primaries = new Map<string, RedisAddress>()
  for (const range of Array.isArray(ranges) ? ranges : []) {
    const [host, port]: unknown[] = Array.isArray(range) && Array.isArray(range[2]) ? range[2] : []
    if (typeof host !== 'string' || host === '' || typeof port !== 'number') {
      throw new Error('a node that does not say where it is')
    }
    primaries.set(`${host}:${port}`, { host, port })
  }
  return primaries
}

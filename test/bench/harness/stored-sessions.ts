import { createKeyRing } from '../../../src/session/key-ring.js'
import type { RedisServer } from '../../helpers/redis-server.js'
import { sessionKey } from '../../helpers/stack.js'
import { createFiller, type FillerOptions, type Times } from '../million/fill.js'

const hourMs = 3_600_000

/** What the configuration has by default. */
export const defaultTimes: Times = {
  inactivityTimeoutMs: 8 * hourMs,
  lifetimeMs: 24 * hourMs,
  refreshAheadMs: 60_000,
  staleOnStoreErrorMs: 30_000,
}

/** The `Cookie` header of a ticket. */
export const cookieHeader = (ticket: string) => `valetkey=${ticket}`

/** An activity that lies ahead, so that no request of the benchmark is one to note. */
export const nothingToNote = () => -hourMs

/** Signs so many people in, straight into the store, and gives the `Cookie` header of each. */
export async function storeSessions(
  redis: RedisServer,
  count: number,
  options: Pick<FillerOptions, 'issuer' | 'activeAgoMs' | 'tokens'>,
): Promise<string[]> {
  const filler = createFiller({
    ...options,
    port: redis.port,
    keyRing: createKeyRing([sessionKey]),
    times: defaultTimes,
    oneIn: 1,
  })
  const cookies = await filler.fill(0, count)
  await filler.close()
  return cookies.map(cookieHeader)
}

import type { SessionIndex } from '../session/session-store.js'
import type { RedisLink } from './client.js'
import type { RedisKeys } from './redis-keys.js'
import { addToIndex, markEnded, runScript } from './scripts.js'

export interface RedisSessionIndexOptions {
  readonly link: RedisLink
  readonly keys: RedisKeys
  readonly clock: () => number
}

/**
 * How long an entry outlives its session. Entries are dropped by the clock of whoever writes, so this
 * is how far the clocks of replicas may differ.
 */
const graceMs = 3_600_000
const pageSize = 200

/**
 * Keeps each set as a sorted set, scored by expiry: adding and removing take the same time however many
 * sessions there are. Every command names one key, so that a cluster may keep each set where it likes.
 */
export function createRedisSessionIndex(options: RedisSessionIndexOptions): SessionIndex {
  const { keys, clock } = options
  const { client, reach } = options.link

  return {
    async add(name, key, expiresAt) {
      const now = clock()
      const timeToLiveMs = Math.ceil(expiresAt - now + graceMs)
      const args = [key, Math.ceil(expiresAt), now - graceMs, timeToLiveMs]
      await reach(() => runScript(client, addToIndex, keys.index(name), args))
    },
    async remove(name, key) {
      await reach(() => client.zrem(keys.index(name), key))
    },
    async list(name, cursor = '0') {
      const scan = () => client.zscan(keys.index(name), cursor, 'COUNT', pageSize)
      const [next, entries] = await reach(scan)
      // Members and their scores take turns.
      const members = entries.filter((_entry, place) => place % 2 === 0)
      return next === '0' ? { keys: members } : { keys: members, cursor: next }
    },
    async markEnded(name, endedAt, expiresAt) {
      const timeToLiveMs = Math.ceil(expiresAt - clock())
      if (timeToLiveMs <= 0) return
      await reach(() => runScript(client, markEnded, keys.ended(name), [endedAt, timeToLiveMs]))
    },
    async endedAt(name) {
      const endedAt = Number((await reach(() => client.get(keys.ended(name)))) ?? Number.NaN)
      return Number.isNaN(endedAt) ? undefined : endedAt
    },
  }
}

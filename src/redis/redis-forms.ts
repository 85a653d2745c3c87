import type { FormStore } from '../session/session-store.js'
import type { RedisLink } from './client.js'
import type { RedisKeys } from './redis-keys.js'

/** Keeps each form as a string that expires; taking one is one command, so that nobody else gets it. */
export function createRedisForms(options: {
  readonly link: RedisLink
  readonly keys: RedisKeys
  readonly clock: () => number
}): FormStore {
  const { keys, clock } = options
  const { client, reach } = options.link
  return {
    async keep(key, sealed, expiresAt) {
      const timeToLiveMs = Math.ceil(expiresAt - clock())
      if (timeToLiveMs <= 0) return
      await reach(() => client.set(keys.form(key), sealed, 'PX', timeToLiveMs))
    },
    take: async (key) => (await reach(() => client.getdelBuffer(keys.form(key)))) ?? undefined,
  }
}

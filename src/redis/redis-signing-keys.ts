import type { SigningKeyStore } from '../session/signing-key-store.js'
import type { RedisLink } from './client.js'
import type { RedisKeys } from './redis-keys.js'
import { replaceSigningKeys, runScript } from './scripts.js'

/** Keeps each set of signing keys as a string. Of several replicas that replace it at once one succeeds. */
export function createRedisSigningKeys(options: {
  readonly link: RedisLink
  readonly keys: RedisKeys
  readonly clock: () => number
}): SigningKeyStore {
  const { keys, clock } = options
  const { client, reach } = options.link
  return {
    load: async (name) =>
      (await reach(() => client.getBuffer(keys.signingKeys(name)))) ?? undefined,
    async replace(name, former, sealed, expiresAt) {
      const args = [former ?? '', sealed, Math.ceil(expiresAt - clock())]
      const run = () => runScript(client, replaceSigningKeys, keys.signingKeys(name), args)
      return (await reach(run)) === 1
    },
  }
}

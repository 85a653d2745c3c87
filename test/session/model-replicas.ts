import { createKeyRing, createSessionKey } from '../../src/session/key-ring.js'
import { createMemoryRefreshLock } from '../../src/session/memory-refresh-lock.js'
import { createMemoryStore } from '../../src/session/memory-store.js'
import type { RefreshOutcome } from '../../src/session/refresher.js'
import type { SessionKey, SessionStore } from '../../src/session/session-store.js'
import { createSessions, type Sessions } from '../../src/session/sessions.js'
import { createFaultyStore, type FaultyStore } from './faulty-store.js'
import { createRotatingProvider, createTokens } from './fixtures.js'

const minute = 60_000
export const inactivityTimeoutMs = 30 * minute
export const lifetimeMs = 120 * minute
export const tokenLifetimeMs = 10 * minute

/** What the model is compared with: two replicas, one store, one provider that refuses used refresh tokens. */
export function createModelReplicas(clock: () => number) {
  let isProviderWell = true
  const answer = (): RefreshOutcome =>
    isProviderWell
      ? { kind: 'refreshed', tokens: createTokens(clock(), tokenLifetimeMs) }
      : { kind: 'unavailable', reason: 'away' }
  const provider = createRotatingProvider(answer)
  let keys = [createSessionKey()]
  /** The key that sealed each session last; both replicas seal with the first one. */
  const sealedWith = new Map<SessionKey, string | undefined>()
  const store = noteSealing(createMemoryStore(clock), (key) => void sealedWith.set(key, keys[0]))
  const lock = createMemoryRefreshLock(clock)
  const links = [createFaultyStore(store, clock), createFaultyStore(store, clock)]
  const isLinkWell = [true, true]
  const startReplica = (link: FaultyStore) =>
    createSessions({
      // The store outlives a replica that is restarted.
      store: { ...link.store, close: async () => {} },
      lock,
      keyRing: createKeyRing(keys),
      clock,
      monotonic: clock,
      refresher: () => provider.refresher,
      inactivityTimeoutMs,
      lifetimeMs,
      refreshAheadMs: minute,
      staleOnStoreErrorMs: 0,
      cacheBytes: 1_000_000,
    })
  const replicas = links.map(startReplica)
  const at = (index: number): Sessions => replicas[index] ?? fail()

  /** Ends the process as an update does: what is under way is finished, and the cache is gone. */
  async function restart(index: number) {
    const link = links[index]
    if (link === undefined || !isLinkWell[index]) return
    await at(index).close()
    replicas[index] = startReplica(link)
  }

  return {
    at,
    restart,
    isLinkWell: (index: number) => isLinkWell[index] === true,
    isProviderWell: () => isProviderWell,
    reused: provider.reused,
    sealingKey: () => keys[0],
    sealedWith: (key: SessionKey) => sealedWith.get(key),

    /** Both replicas learn of it by a restart. Resolves to the key that is gone, if one is. */
    async changeKeys(change: 'added' | 'put first' | 'removed'): Promise<string | undefined> {
      if (!isLinkWell.every(Boolean)) return undefined
      // What refreshes under way still seal is sealed before the keys change.
      await Promise.all(replicas.map((sessions) => sessions.close()))
      const last = keys.at(-1)
      const isRemoved = change === 'removed' && keys.length > 1
      if (change === 'added') keys = [...keys, createSessionKey()].slice(0, 3)
      if (last !== undefined && change === 'put first') keys = [last, ...keys.slice(0, -1)]
      if (isRemoved) keys = keys.slice(0, -1)
      await restart(0)
      await restart(1)
      return isRemoved ? last : undefined
    },

    setProvider(isWell: boolean) {
      isProviderWell = isWell
    },

    setLink(index: number, isWell: boolean) {
      const link = links[index] ?? fail()
      if (isWell && !isLinkWell[index]) link.comeBack()
      if (!isWell && isLinkWell[index]) link.goDown()
      isLinkWell[index] = isWell
    },

    /** Has the commands wait for so many turns, one after the other, so that they meet in any order. */
    delayCommands(turns: readonly number[]) {
      let command = 0
      async function delay() {
        const count = turns[command++ % turns.length] ?? 0
        for (let turn = 0; turn < count; turn++) await Promise.resolve()
      }
      for (const [index, link] of links.entries()) {
        if (!isLinkWell[index]) continue
        link.before = { create: delay, load: delay, replace: delay, destroy: delay, index: delay }
      }
    },

    async close() {
      await Promise.all(replicas.map((sessions) => sessions.close()))
      await store.close()
    },
  }
}

/** The same store, which tells of everything that is sealed into it. */
function noteSealing(store: SessionStore, sealed: (key: SessionKey) => void): SessionStore {
  return {
    ...store,
    async create(key, ...rest) {
      await store.create(key, ...rest)
      sealed(key)
    },
    async replace(key, ...rest) {
      const answer = await store.replace(key, ...rest)
      if (answer === 'replaced') sealed(key)
      return answer
    },
  }
}

export function fail(message = 'no such thing'): never {
  throw new Error(message)
}

import type { KeySource } from '../../src/app/key-source.js'
import { createRotatingKeys, type RotatingKeys } from '../../src/app/rotating-keys.js'
import { createKeyRing, createSessionKey, type KeyRing } from '../../src/session/key-ring.js'
import { createMemorySigningKeys } from '../../src/session/memory-signing-keys.js'
import { StoreUnavailableError } from '../../src/session/session-store.js'
import type { SigningKeyStore } from '../../src/session/signing-key-store.js'

export const second = 1000
export const minute = 60 * second
export const hour = 60 * minute
export const day = 24 * hour

export const intervalMs = 2 * day

/** One time and one store for several replicas. */
export interface SigningWorld {
  now: number
  readonly keyRing: KeyRing
  /** How often a set was written, whoever heard of it. */
  writes: number
  flush(): void
  /** A replica whose clock differs by so much. */
  startReplica(skewMs?: number, keyRing?: KeyRing): SigningReplica
}

export interface SigningReplica {
  readonly skewMs: number
  keys: RotatingKeys
  /** The last loses the answers to what it writes. */
  link: 'up' | 'down' | 'loses answers'
  /** Forgets everything, as a killed process does. */
  restart(): void
}

export function createSigningWorld({ settleMs = 0 } = {}): SigningWorld {
  const clock = () => world.now
  let store = createMemorySigningKeys(clock)
  const world: SigningWorld = {
    now: 1_800_000_000_000,
    keyRing: createKeyRing([createSessionKey()]),
    writes: 0,
    flush() {
      store = createMemorySigningKeys(clock)
    },
    startReplica(skewMs = 0, keyRing = world.keyRing) {
      const start = () =>
        createRotatingKeys({
          store: linkTo(() => replica.link),
          keyRing,
          algorithm: 'EdDSA',
          intervalMs,
          settleMs,
          clock: () => world.now + skewMs,
          onCreated() {},
          onError() {},
        })
      const replica: SigningReplica = {
        skewMs,
        link: 'up',
        keys: start(),
        restart() {
          replica.keys = start()
        },
      }
      return replica
    },
  }

  function linkTo(state: () => SigningReplica['link']): SigningKeyStore {
    function reach() {
      if (state() === 'down') throw new StoreUnavailableError('Redis cannot be reached')
    }
    return {
      async load(name) {
        reach()
        return store.load(name)
      },
      async replace(...args) {
        reach()
        const isDone = await store.replace(...args)
        if (isDone) world.writes++
        if (state() === 'loses answers') throw new StoreUnavailableError('no answer in time')
        return isDone
      },
    }
  }
  return world
}

export const kidsOf = (keys: KeySource, now: number): string[] =>
  keys
    .published(now)
    .keys.map(({ kid }) => kid)
    .toSorted()

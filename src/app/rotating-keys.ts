import { setTimeout as sleep } from 'node:timers/promises'
import {
  clockToleranceMs,
  isRipe,
  isSuccessorDue,
  planOf,
  publishedAheadMs,
  publishedUntil,
  type ScheduledKey,
  signingKeyAt,
} from '../identity/key-schedule.js'
import {
  generateSigningKey,
  readSigningKey,
  type SigningAlgorithm,
} from '../identity/signing-key.js'
import type { KeyRing, RingKey } from '../session/key-ring.js'
import {
  openSigningKeys,
  sealSigningKeys,
  type StoredSigningKey,
} from '../session/signing-key-seal.js'
import type { SigningKeyStore } from '../session/signing-key-store.js'
import type { KeySource } from './key-source.js'

export interface RotatingKeysOptions {
  readonly store: SigningKeyStore
  readonly keyRing: KeyRing
  readonly algorithm: SigningAlgorithm
  readonly intervalMs: number
  /** For how long a first key is known before it signs; others who know older ones tell of them meanwhile. */
  readonly settleMs: number
  readonly clock: () => number
  readonly onCreated: (created: { readonly kid: string; readonly createdAt: number }) => void
  readonly onError: (error: unknown) => void
}

/** Keys that replicas share in the store and replace in time. */
export interface RotatingKeys extends KeySource {
  /** Learns what is in the store, puts back what got lost there, and adds a key when one is due. */
  look(): Promise<void>
}

const lookAgainMs = 1000

interface KeySet {
  /** What the store held when it was last asked. */
  readonly box: Buffer | undefined
  readonly stored: readonly KnownKey[]
  /** With what it held before. */
  readonly keys: readonly KnownKey[]
}

interface KnownKey extends ScheduledKey {
  readonly record: StoredSigningKey
  readonly knownSince: number
}

/**
 * Creates the keys of the assertions: made in the store, and replaced every interval. A key never changes and is only
 * ever added, in one step that succeeds on one replica alone. Whoever knows a key that the store has lost puts it back.
 * So there is nothing to agree on, and nothing that a process could leave half done.
 *
 * Each session key seals a set of its own: with the session keys the signing keys are replaced, too, and the former ones
 * are gone as soon as the session key that sealed them is.
 */
export function createRotatingKeys(options: RotatingKeysOptions): RotatingKeys {
  const { store, keyRing, algorithm, intervalMs, settleMs, clock, onCreated, onError } = options
  const sets = new Map<string, KeySet>()
  const removalListeners: (() => void)[] = []
  const stopping = new AbortController()
  /** The latest instant at which it was asked what has been known of all sets since. */
  let askedAt = Number.NEGATIVE_INFINITY

  keyRing.subscribe(() => {
    const names = new Set(keyRing.all.map(nameOf))
    const gone = [...sets.keys()].filter((name) => !names.has(name))
    for (const name of gone) sets.delete(name)
    if (gone.length > 0) for (const listener of removalListeners) listener()
  })

  const allKeys = () => [...sets.values()].flatMap(({ keys }) => keys)

  async function look(): Promise<void> {
    const startedAt = clock()
    for (const ringKey of keyRing.all) {
      while (!(await tryToUpdate(ringKey))) {
        // Another replica was quicker, and what it put there is to be kept.
      }
    }
    askedAt = startedAt
  }

  /** False when the set changed in the store meanwhile. */
  async function tryToUpdate(ringKey: RingKey): Promise<boolean> {
    const name = nameOf(ringKey)
    const box = await store.load(name)
    const now = clock()
    const stored = read(ringKey, box, now)
    const keys = merge(sets.get(name)?.keys ?? [], stored, now).filter(
      (key) => publishedUntil(key) > now,
    )
    learn(ringKey, { box, stored, keys })
    const isDue = ringKey.id.equals(keyRing.sealing.id) && isSuccessorDue(keys, now, intervalMs)
    const created = isDue ? create(now) : undefined
    if (created === undefined && keys.every((key) => isIn(stored, key))) return true

    const wanted = created === undefined ? keys : [...keys, created]
    const records = wanted.map(({ record }) => record)
    const expiresAt = Math.max(...wanted.map(publishedUntil))
    if (!(await store.replace(name, box, sealSigningKeys(ringKey, records), expiresAt)))
      return false
    if (created !== undefined) {
      onCreated({ kid: created.key.published.kid, createdAt: created.createdAt })
      learn(ringKey, { box: undefined, stored: [], keys: wanted })
    }
    return true
  }

  function read(ringKey: RingKey, box: Buffer | undefined, now: number): readonly KnownKey[] {
    if (box === undefined) return []
    const before = sets.get(nameOf(ringKey))
    if (before?.box?.equals(box)) return before.stored
    return openSigningKeys(ringKey, box).flatMap((record) => {
      const key = knownKey(record, now)
      return key === undefined ? [] : [before?.keys.find((known) => isSame(known, key)) ?? key]
    })
  }

  /**
   * In an order on which all agree: after a loss the keys that were in use come before those that a newcomer made in
   * the meantime, and who puts them back writes them so.
   */
  function merge(known: readonly KnownKey[], stored: readonly KnownKey[], now: number) {
    const lost = known.filter((key) => !isIn(stored, key))
    const inUse = lost.filter((key) => isTrusted(key, now))
    return [...inUse, ...stored, ...lost.filter((key) => !inUse.includes(key))]
  }

  /** Whether nobody can be about to tell of older keys. */
  const isTrusted = (key: KnownKey, now: number) =>
    isRipe(key, now) || now - key.knownSince >= settleMs

  function create(now: number): KnownKey | undefined {
    return knownKey({ jwk: generateSigningKey(algorithm), ...planOf(now, intervalMs) }, now)
  }

  /** Unless the session key was taken away while the store was asked. */
  function learn(ringKey: RingKey, set: KeySet): void {
    if (keyRing.find(ringKey.id) !== undefined) sets.set(nameOf(ringKey), set)
  }

  async function follow(): Promise<void> {
    while (!stopping.signal.aborted) {
      await look().catch(onError)
      await sleep(lookAgainMs, undefined, { ref: false, signal: stopping.signal }).catch(() => {})
    }
  }

  return {
    look,
    signingAt(now) {
      const chosen = signingKeyAt(allKeys(), now)
      return chosen && isTrusted(chosen, now) ? chosen.key : undefined
    },
    published(now) {
      const keys = allKeys().filter((key) => publishedUntil(key) > now)
      const isComplete = keys.some((key) => isTrusted(key, now))
      return {
        keys: isComplete ? keys.map(({ key }) => key.published) : [],
        completeUntil: askedAt + publishedAheadMs - clockToleranceMs,
      }
    },
    onRemoval: (listener) => void removalListeners.push(listener),
    start: () => void follow(),
    stop: () => stopping.abort(),
  }
}

/** The name of the set that a session key seals; nothing of the key follows from it. */
const nameOf = (key: RingKey) => key.id.toString('hex')

function knownKey(record: StoredSigningKey, now: number): KnownKey | undefined {
  const key = readSigningKey(record.jwk)
  const { createdAt, signsUntil } = record
  return key && { key, createdAt, signsUntil, record, knownSince: now }
}

const isSame = (one: KnownKey, other: KnownKey) => one.key.published.kid === other.key.published.kid

const isIn = (keys: readonly KnownKey[], key: KnownKey) => keys.some((each) => isSame(each, key))

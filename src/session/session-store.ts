import { CodedError } from '../errors.js'
import type { SigningKeyStore } from './signing-key-store.js'

/**
 * Names a session outside the ticket: the base64url SHA-256 of its id. Safe in logs, in the store and
 * in the inventory, since neither the id nor the secret follows from it.
 */
export type SessionKey = string

/** The store could not be reached or would not answer. It says nothing about the session. */
export class StoreUnavailableError extends CodedError<'ERR_STORE_UNAVAILABLE'> {
  constructor(message: string, options?: ErrorOptions) {
    super('ERR_STORE_UNAVAILABLE', message, options)
  }
}

export interface StoredSession {
  readonly sealed: Buffer
  /** Starts at 1 and grows with each replacement; touches leave it. */
  readonly version: number
  /** Epoch milliseconds. */
  readonly lastActiveAt: number
  /** When it ends at the latest, because it was retired; epoch milliseconds. */
  readonly retiresAt?: number
}

export interface StoredFacts {
  /** Sealed; absent when the session was stored without. */
  readonly facts?: Buffer
  readonly lastActiveAt: number
  readonly retiresAt?: number
}

/**
 * Keeps sealed sessions. Every method throws StoreUnavailableError when the store cannot be reached,
 * answers too late, or refuses to work; that is never reported as an absent session.
 */
export interface SessionStore {
  /** Stores a new session at version 1, with what the inventory shows of it. */
  create(
    key: SessionKey,
    sealed: Buffer,
    lastActiveAt: number,
    expiresAt: number,
    facts?: Buffer,
  ): Promise<void>
  load(key: SessionKey): Promise<StoredSession | undefined>
  /** What the inventory shows of a session. */
  loadFacts(key: SessionKey): Promise<StoredFacts | undefined>
  /** Replaces the sealed record if it still has `expectedVersion`, which then grows by one; expiry stays. */
  replace(
    key: SessionKey,
    sealed: Buffer,
    expectedVersion: number,
  ): Promise<'replaced' | 'conflict' | 'absent'>
  /**
   * Moves the last activity and the expiry forward, never back. Never revives, false when absent, and
   * leaves a retired session as it is.
   */
  touch(key: SessionKey, lastActiveAt: number, expiresAt: number): Promise<boolean>
  /**
   * Moves the expiry back to `retiresAt`, never forward, and for good: no touch extends the session any
   * more. The earliest of several counts. False when absent.
   */
  retire(key: SessionKey, retiresAt: number): Promise<boolean>
  /** Removes the session, or only that version of it. True when this call removed it. */
  destroy(key: SessionKey, expectedVersion?: number): Promise<boolean>
  /** True for the first caller with this mark until `expiresAt`, over all replicas. */
  consumeOnce(mark: string, expiresAt: number): Promise<boolean>
  /** Whether `consumeOnce` would be refused because of an earlier caller. */
  wasConsumed(mark: string): Promise<boolean>
  /** Forms that wait for a login. */
  readonly forms: FormStore
  /** What signs the identity assertions. */
  readonly signingKeys: SigningKeyStore
  /** Finds sessions by what they have in common. */
  readonly index: SessionIndex
  /** What this process knows of changes that others make. */
  readonly changes: ChangeFeed
  close(): Promise<void>
}

/** Keeps sealed forms for a while; whoever takes one is the only one. Throws StoreUnavailableError. */
export interface FormStore {
  keep(key: string, sealed: Buffer, expiresAt: number): Promise<void>
  take(key: string): Promise<Buffer | undefined>
}

/** Names a set of sessions. It gives nothing away of what they have in common. */
export type IndexName = string

/** Some of the sessions of a set; `cursor` asks for the next ones, and is absent from the last page. */
export interface IndexPage {
  readonly keys: readonly SessionKey[]
  readonly cursor?: string
}

/**
 * Sets of session keys by name, and when such a set was last ended as a whole. Each call concerns one
 * name and is one step; nothing holds two of them together. Throws StoreUnavailableError.
 */
export interface SessionIndex {
  /** Adds the session until `expiresAt`, which moves forward, never back. Other entries stay. */
  add(name: IndexName, key: SessionKey, expiresAt: number): Promise<void>
  remove(name: IndexName, key: SessionKey): Promise<void>
  /**
   * The sessions of a set, page by page. Whatever is in the set throughout is given at least once; a
   * session that is gone may be given for a while. `undefined` cursor: from the start.
   */
  list(name: IndexName, cursor?: string): Promise<IndexPage>
  /** Remembers until `expiresAt` that all of the set ended at `endedAt`; the latest instant stays. */
  markEnded(name: IndexName, endedAt: number, expiresAt: number): Promise<void>
  /** When all of the set was last ended, if that is remembered; epoch milliseconds. */
  endedAt(name: IndexName): Promise<number | undefined>
}

/** Tells a cache what it may still believe. */
export interface ChangeFeed {
  /** Calls back with each changed key, or with `undefined` when any key may have changed. */
  subscribe(listener: (key: SessionKey | undefined) => void): void
  /**
   * The stretch of time in which, without a gap, every change has been reported until now; `undefined` while that
   * is not certain. What was loaded in the same generation and not reported as changed since is current.
   */
  certainty(): { readonly generation: number } | undefined
  /** For how long the feed has not been certain in that generation: since then, changes may not have been reported. */
  uncertainForMs(generation: number): number | undefined
}

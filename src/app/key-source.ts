import type { PublishedKey, SigningKey } from '../identity/signing-key.js'

/** Where the keys of the assertions come from. */
export interface KeySource {
  /** The key that signs now; undefined while there is none. */
  signingAt(now: number): SigningKey | undefined
  /** The public keys, and until when they are all that verifiers need; epoch milliseconds. */
  published(now: number): {
    readonly keys: readonly PublishedKey[]
    readonly completeUntil: number
  }
  /** Calls back when a key is gone before its time, so that what it signed verifies no more. */
  onRemoval(listener: () => void): void
  /** Follows changes, until `stop`. */
  start(): void
  stop(): void
}

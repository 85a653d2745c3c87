import { assertionLifetimeMs } from './assertion.js'
import type { SigningKey } from './signing-key.js'

/** A signing key with its plan, which never changes: so replicas agree although each looks at a clock of its own. */
export interface ScheduledKey {
  readonly key: SigningKey
  /** Since when it is published; epoch milliseconds. */
  readonly createdAt: number
  /** Until when it may sign; epoch milliseconds. */
  readonly signsUntil: number
}

/** A key is published for so long before it signs. */
export const publishedAheadMs = 60 * 60_000
/** By how much the clocks of replicas may differ. */
export const clockToleranceMs = 60_000

/** The plan of a key that is made now. It may sign for one interval more than it should, if no other can be made. */
export const planOf = (now: number, intervalMs: number) => ({
  createdAt: now,
  signsUntil: now + publishedAheadMs + 2 * intervalMs,
})

/** Until when a key is published: what it signs last has expired by then, whoever's clock it was. */
export const publishedUntil = ({ signsUntil }: Pick<ScheduledKey, 'signsUntil'>): number =>
  signsUntil + assertionLifetimeMs + 2 * clockToleranceMs

/** Whether it is time for a successor of these keys. */
export const isSuccessorDue = (
  keys: readonly Pick<ScheduledKey, 'createdAt'>[],
  now: number,
  intervalMs: number,
): boolean => keys.every(({ createdAt }) => createdAt + intervalMs <= now)

/**
 * The key that signs: the newest of those that have been published for long enough. Where there is none, which is so at
 * the very beginning, the first in the list.
 */
export function signingKeyAt<Key extends ScheduledKey>(
  keys: readonly Key[],
  now: number,
): Key | undefined {
  const usable = keys.filter(({ signsUntil }) => now < signsUntil)
  const ripe = usable.filter((key) => isRipe(key, now))
  return ripe.toSorted((one, other) => other.createdAt - one.createdAt)[0] ?? usable[0]
}

/** Whether a key has been published for so long that every verifier knows it. */
export const isRipe = ({ createdAt }: Pick<ScheduledKey, 'createdAt'>, now: number): boolean =>
  createdAt + publishedAheadMs <= now

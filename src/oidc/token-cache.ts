/**
 * What was found out about tokens, for a while. Beyond so many bytes it drops the oldest, but for those that were used
 * since their turn came last.
 */
export interface TokenCache<Value> {
  get(key: string, now: number): Value | undefined
  set(
    key: string,
    value: Value,
    options: { readonly goodUntil: number; readonly bytes: number },
  ): void
  /** Whether there is one, good or no longer so. */
  has(key: string): boolean
  delete(key: string): void
}

interface Entry<Value> {
  readonly value: Value
  readonly goodUntil: number
  readonly bytes: number
  /** Since its turn came last. A mark costs less than a new place at each use. */
  isUsed: boolean
}

export function createTokenCache<Value>(maxBytes: number): TokenCache<Value> {
  // A Map iterates in the order in which keys were added.
  const entries = new Map<string, Entry<Value>>()
  let totalBytes = 0

  function remove(key: string) {
    const entry = entries.get(key)
    if (entry === undefined) return
    entries.delete(key)
    totalBytes -= entry.bytes
  }

  function makeRoom(bytes: number) {
    // What is set anew comes to its turn once more in the same loop.
    for (const [key, entry] of entries) {
      if (totalBytes + bytes <= maxBytes) return
      if (entry.isUsed) {
        entries.delete(key)
        entries.set(key, { ...entry, isUsed: false })
      } else {
        remove(key)
      }
    }
  }

  return {
    get(key, now) {
      const entry = entries.get(key)
      if (entry === undefined) return undefined
      if (now >= entry.goodUntil) {
        remove(key)
        return undefined
      }
      entry.isUsed = true
      return entry.value
    },
    set(key, value, { goodUntil, bytes }) {
      remove(key)
      if (bytes > maxBytes) return
      makeRoom(bytes)
      entries.set(key, { value, goodUntil, bytes, isUsed: false })
      totalBytes += bytes
    },
    has: (key) => entries.has(key),
    delete: remove,
  }
}

/** What was found out about tokens, for a while; the least recently used is dropped beyond so many bytes. */
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

export function createTokenCache<Value>(maxBytes: number): TokenCache<Value> {
  // A Map iterates in insertion order: setting anew at each use keeps the least recently used first.
  const entries = new Map<string, { value: Value; goodUntil: number; bytes: number }>()
  let totalBytes = 0

  function take(key: string) {
    const entry = entries.get(key)
    if (entry === undefined) return undefined
    entries.delete(key)
    totalBytes -= entry.bytes
    return entry
  }

  function put(key: string, entry: { value: Value; goodUntil: number; bytes: number }) {
    entries.set(key, entry)
    totalBytes += entry.bytes
  }

  return {
    get(key, now) {
      const entry = take(key)
      if (entry === undefined || now >= entry.goodUntil) return undefined
      put(key, entry)
      return entry.value
    },
    set(key, value, { goodUntil, bytes }) {
      take(key)
      put(key, { value, goodUntil, bytes })
      for (const oldest of entries.keys()) {
        if (totalBytes <= maxBytes) break
        take(oldest)
      }
    },
    has: (key) => entries.has(key),
    delete: (key) => void take(key),
  }
}

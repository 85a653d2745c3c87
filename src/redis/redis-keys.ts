import { hash } from 'node:crypto'
import type { IndexName, SessionKey } from '../session/session-store.js'

/** The names of everything in Redis. The braces keep what one script touches in one cluster slot. */
export interface RedisKeys {
  readonly sessionPrefix: string
  readonly lockPrefix: string
  /** A hash with the fields `sealed`, `version`, `active` and others; expires with the session. */
  session(key: SessionKey): string
  /** A string, the owner token; expires with the lease. */
  lock(key: SessionKey): string
  /** A string, the trace of a refresh whose end nobody has told yet; expires after a day. */
  asked(key: SessionKey): string
  /** An empty mark; expires when the mark may be used again. */
  once(mark: string): string
  /** A string, a sealed form that waits for a login; expires after ten minutes. */
  form(key: string): string
  /** A string, the sealed signing keys of assertions; expires when nothing that they signed is valid. */
  signingKeys(name: string): string
  /** A sorted set of session keys by expiry; expires with the last of them. */
  index(name: IndexName): string
  /** A string, the instant at which all of an index was ended; expires when no login can be older. */
  ended(name: IndexName): string
  /** What a name stands for; `undefined` for a name of another kind. */
  parse(name: string): { readonly kind: 'session' | 'lock'; readonly key: SessionKey } | undefined
}

export function createRedisKeys(prefix: string): RedisKeys {
  const sessionPrefix = `${prefix}session:{`
  const lockPrefix = `${prefix}lock:{`

  return {
    sessionPrefix,
    lockPrefix,
    session: (key) => `${sessionPrefix}${key}}`,
    lock: (key) => `${lockPrefix}${key}}`,
    asked: (key) => `${prefix}asked:{${key}}`,
    once: (mark) => `${prefix}once:{${hash('sha256', mark, 'base64url')}}`,
    form: (key) => `${prefix}form:{${key}}`,
    signingKeys: (name) => `${prefix}signing-keys:{${name}}`,
    index: (name) => `${prefix}index:{${name}}`,
    ended: (name) => `${prefix}ended:{${name}}`,
    parse(name) {
      const session = keyBetween(sessionPrefix, name)
      if (session !== undefined) return { kind: 'session', key: session }
      const lock = keyBetween(lockPrefix, name)
      return lock === undefined ? undefined : { kind: 'lock', key: lock }
    },
  }
}

function keyBetween(prefix: string, name: string): SessionKey | undefined {
  return name.startsWith(prefix) && name.endsWith('}') ? name.slice(prefix.length, -1) : undefined
}

import { createSecretKey, hkdfSync, type KeyObject, randomBytes } from 'node:crypto'
import { CodedError } from '../errors.js'

/** A session key that cannot be used. The message names its place in the list, never the key. */
export class SessionKeyError extends CodedError<'ERR_SESSION_KEY'> {
  constructor(message: string) {
    super('ERR_SESSION_KEY', message)
  }
}

export interface RingKey {
  /** Says in a sealed box which key opens it; 8 bytes that give nothing away of the key. */
  readonly id: Buffer
  readonly secret: KeyObject
  /** 32 bytes for one purpose, computed once: listing sessions would spend most of its time on that. */
  derive(purpose: string): Buffer
}

/** The server's keys. The first seals, all open, so that a key can be replaced without ending sessions. */
export interface KeyRing {
  readonly sealing: RingKey
  /** In their order, the sealing one first. */
  readonly all: readonly RingKey[]
  find(id: Uint8Array): RingKey | undefined
  /** 32 bytes for one purpose from each key, in their order; nothing follows from one about another. */
  derive(purpose: string): Buffer[]
  /** Calls back whenever the keys were replaced, with whether what a former one sealed is lost now. */
  subscribe(listener: (change: { readonly isAnyRemoved: boolean }) => void): void
}

/** A key ring whose keys can be replaced while it is in use. */
export interface ReplaceableKeyRing extends KeyRing {
  /** Throws SessionKeyError, and then everything stays as it is. */
  replace(keys: readonly string[]): void
}

const keyBytes = 32
const noSalt = Buffer.alloc(0)

/** Makes a key as `valetkey keygen` prints it: 32 random bytes, base64url. */
export function createSessionKey(): string {
  return randomBytes(keyBytes).toString('base64url')
}

/** Reads base64url 32-byte keys. Throws SessionKeyError for none, or for one that is no such key. */
export function createKeyRing(keys: readonly string[]): ReplaceableKeyRing {
  const listeners: Parameters<KeyRing['subscribe']>[0][] = []
  let [sealing, ...others] = readKeys(keys)
  const all = () => [sealing, ...others]
  const find = (id: Uint8Array) => all().find((key) => key.id.equals(id))

  return {
    get sealing() {
      return sealing
    },
    get all() {
      return all()
    },
    find,
    derive: (purpose) => all().map((key) => key.derive(purpose)),
    subscribe: (listener) => void listeners.push(listener),
    replace(newKeys) {
      const former = all()
      ;[sealing, ...others] = readKeys(newKeys)
      const isAnyRemoved = former.some(({ id }) => find(id) === undefined)
      for (const listener of listeners) listener({ isAnyRemoved })
    },
  }
}

function readKeys(keys: readonly string[]): [RingKey, ...RingKey[]] {
  const [sealing, ...others] = keys.map((key, index) => readKey(key, index + 1))
  if (sealing === undefined) throw new SessionKeyError('there is no session key')
  return [sealing, ...others]
}

/** HKDF-SHA256 (RFC 5869) to 32 bytes. */
export function deriveKey(secret: KeyObject, salt: Uint8Array, info: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, salt, info, keyBytes))
}

function readKey(text: string, place: number): RingKey {
  const bytes = Buffer.from(text, 'base64url')
  if (bytes.length !== keyBytes || bytes.toString('base64url') !== text) {
    throw new SessionKeyError(`session key ${place} is not 32 bytes in base64url`)
  }
  const secret = createSecretKey(bytes)
  const derived = new Map<string, Buffer>()
  function derive(purpose: string): Buffer {
    const known = derived.get(purpose) ?? deriveKey(secret, noSalt, `valetkey ${purpose}`)
    derived.set(purpose, known)
    return known
  }
  return { id: derive('key id').subarray(0, 8), secret, derive }
}

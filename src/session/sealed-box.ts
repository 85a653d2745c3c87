import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import type { KeyRing, RingKey } from './key-ring.js'

/** What a box is for: the key that locks it and the words that are bound to it. */
export interface BoxPurpose {
  dataKey(key: RingKey): Buffer
  /** Authenticated, not stored: a box opens only where the same context is given. */
  readonly context: string
}

const formatVersion = 1
const keyIdEnd = 1 + 8
const nonceEnd = keyIdEnd + 12
const tagBytes = 16

/** Seals with AES-256-GCM. Layout: version byte, key id (8), nonce (12), ciphertext, tag (16). */
export function sealBox(
  ring: Pick<KeyRing, 'sealing'>,
  purpose: BoxPurpose,
  plaintext: Uint8Array,
): Buffer {
  const header = Buffer.concat([Buffer.of(formatVersion), ring.sealing.id])
  const nonce = randomBytes(nonceEnd - keyIdEnd)
  const cipher = createCipheriv('aes-256-gcm', purpose.dataKey(ring.sealing), nonce)
  cipher.setAAD(Buffer.concat([header, Buffer.from(purpose.context)]))
  const ciphertext = cipher.update(plaintext)
  cipher.final()
  return Buffer.concat([header, nonce, ciphertext, cipher.getAuthTag()])
}

/** Opens a box. `undefined` for another version, an unknown key or any change to a byte; never throws. */
export function openBox(
  ring: Pick<KeyRing, 'find'>,
  purpose: BoxPurpose,
  box: Buffer,
): Buffer | undefined {
  if (box.length < nonceEnd + tagBytes || box[0] !== formatVersion) return undefined
  const key = ring.find(box.subarray(1, keyIdEnd))
  if (key === undefined) return undefined
  const decipher = createDecipheriv(
    'aes-256-gcm',
    purpose.dataKey(key),
    box.subarray(keyIdEnd, nonceEnd),
    { authTagLength: tagBytes },
  )
  decipher.setAAD(Buffer.concat([box.subarray(0, keyIdEnd), Buffer.from(purpose.context)]))
  decipher.setAuthTag(box.subarray(-tagBytes))
  const plaintext = decipher.update(box.subarray(nonceEnd, -tagBytes))
  try {
    decipher.final()
  } catch {
    return undefined
  }
  return plaintext
}

import type { JsonWebKey } from 'node:crypto'
import { type Static, Type } from 'typebox'
import { Compile } from 'typebox/compile'
import type { RingKey } from './key-ring.js'
import { type BoxPurpose, openBox, sealBox } from './sealed-box.js'

/** A private key as the store keeps it. Instants are epoch milliseconds. */
export interface StoredSigningKey {
  readonly jwk: JsonWebKey
  readonly createdAt: number
  readonly signsUntil: number
}

// Fields that a later version adds are let through, as with sessions.
const setShape = Type.Array(
  Type.Object({
    jwk: Type.Record(Type.String(), Type.Unknown()),
    createdAt: Type.Integer(),
    signsUntil: Type.Integer(),
  }),
)
const checker = Compile(setShape)

const purpose: BoxPurpose = {
  dataKey: (key) => key.derive('signing keys v1'),
  context: 'signing keys',
}

/** Seals a set of signing keys with one of the server's keys. */
export const sealSigningKeys = (key: RingKey, keys: readonly StoredSigningKey[]): Buffer =>
  sealBox({ sealing: key }, purpose, Buffer.from(JSON.stringify(keys)))

/** Opens what `sealSigningKeys` made with the same key; nothing of everything else. Never throws. */
export function openSigningKeys(key: RingKey, sealed: Buffer): readonly StoredSigningKey[] {
  const find = (id: Uint8Array) => (key.id.equals(id) ? key : undefined)
  const plaintext = openBox({ find }, purpose, sealed)
  return plaintext === undefined ? [] : parseSet(plaintext.toString())
}

function parseSet(text: string): Static<typeof setShape> {
  try {
    const value: unknown = JSON.parse(text)
    return checker.Check(value) ? value : []
  } catch {
    return []
  }
}

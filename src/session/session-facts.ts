import { type Static, Type } from 'typebox'
import { Compile } from 'typebox/compile'
import type { KeyRing } from './key-ring.js'
import { type BoxPurpose, openBox, sealBox } from './sealed-box.js'
import type { SessionKey } from './session-store.js'

/**
 * What the inventory shows of a session besides its last activity, for operators who have no ticket: no
 * token, no ticket, no claim but `sub`. It never changes.
 */
export interface SessionFacts {
  readonly schema: 1
  readonly providerId: string
  readonly issuer: string
  readonly sub: string
  /** The sign-in; epoch milliseconds. */
  readonly createdAt: number
  /** The end of the lifetime; epoch milliseconds. */
  readonly endsAt: number
  /** As the browser called itself at the sign-in, at most 256 characters. */
  readonly userAgent?: string
  /** Where the sign-in came from. */
  readonly clientAddress?: string
}

const factsShape = Type.Object({
  schema: Type.Literal(1),
  providerId: Type.String(),
  issuer: Type.String(),
  sub: Type.String(),
  createdAt: Type.Number(),
  endsAt: Type.Number(),
  userAgent: Type.Optional(Type.String()),
  clientAddress: Type.Optional(Type.String()),
})
const checker = Compile(factsShape)

/** Seals facts with the server's key alone, for the session of that key. */
export function sealFacts(ring: KeyRing, key: SessionKey, facts: SessionFacts): Buffer {
  return sealBox(ring, purposeOf(key), Buffer.from(JSON.stringify(facts)))
}

/** Opens what `sealFacts` made for the same session; `undefined` for everything else. Never throws. */
export function openFacts(
  ring: KeyRing,
  key: SessionKey,
  sealed: Buffer,
): SessionFacts | undefined {
  const plaintext = openBox(ring, purposeOf(key), sealed)
  return plaintext && parseFacts(plaintext.toString())
}

function parseFacts(text: string): SessionFacts | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return checker.Check(value) ? asFacts(value) : undefined
  } catch {
    return undefined
  }
}

/** Keeps the shape and the interface from drifting apart: this compiles only while they agree. */
function asFacts(value: Static<typeof factsShape>): SessionFacts {
  return value
}

function purposeOf(key: SessionKey): BoxPurpose {
  return {
    dataKey: (ringKey) => ringKey.derive('facts v1'),
    context: key,
  }
}

import { type Static, Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { demandedClaimsShape } from './demanded-claims.js'
import { dpopKeyShape } from './dpop-key.js'
import type { SessionRecord } from './session.js'

const optional = { string: Type.Optional(Type.String()), number: Type.Optional(Type.Number()) }

// Any object. A Type.Record would have each claim looked at, and then let it through.
const claimsShape = Type.Unsafe<Record<string, unknown>>(Type.Object({}))

// Fields that a later version adds are let through: both versions run side by side during an update.
const recordShape = Type.Object({
  schema: Type.Literal(1),
  identity: Type.Object({
    providerId: Type.String(),
    issuer: Type.String(),
    sub: Type.String(),
    sid: optional.string,
    authenticatedAt: optional.number,
    claims: claimsShape,
  }),
  tokens: Type.Object({
    accessToken: Type.String(),
    accessTokenExpiresAt: Type.Number(),
    accessTokenExpiryAssumed: Type.Optional(Type.Boolean()),
    accessTokenIssuedAt: Type.Number(),
    refreshToken: optional.string,
    idToken: Type.String(),
    scope: optional.string,
    dpopKey: Type.Optional(dpopKeyShape),
  }),
  createdAt: Type.Number(),
  endsAt: Type.Number(),
  replaces: optional.string,
  stepUp: Type.Optional(
    Type.Object({
      acrValues: Type.Optional(Type.Array(Type.String())),
      maxAgeMs: optional.number,
      claims: Type.Optional(demandedClaimsShape),
      attempt: Type.Number(),
    }),
  ),
})
const checker = Compile(recordShape)

/** Reads a session as it is sealed in the store; `undefined` for another schema or a broken record. */
export function parseRecord(text: string): SessionRecord | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  return checker.Check(value) ? asRecord(value) : undefined
}

/** Keeps the shape and the interface from drifting apart: this compiles only while they agree. */
function asRecord(value: Static<typeof recordShape>): SessionRecord {
  return value
}

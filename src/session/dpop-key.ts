import { type Static, Type } from 'typebox'

/** A private key (RFC 7517) in the form in which a session and a pending login keep it. */
export const dpopKeyShape = Type.Object({
  kty: Type.Enum(['EC', 'OKP']),
  crv: Type.Enum(['P-256', 'Ed25519']),
  /** What it signs with; the provider says which name it knows for Ed25519. */
  alg: Type.Enum(['ES256', 'EdDSA', 'Ed25519']),
  x: Type.String(),
  y: Type.Optional(Type.String()),
  d: Type.String(),
})

/**
 * The key that the tokens of one session are bound to (RFC 9449): whoever has the tokens and not the key has
 * nothing. It is secret, and is stored where the tokens are, sealed like them.
 */
export type DpopKey = Static<typeof dpopKeyShape>

import { type Static, Type } from 'typebox'
import { Value } from 'typebox/value'

const listedSession = Type.Object({
  /** The session key: it names the session and opens nothing. */
  id: Type.String(),
  sub: Type.String(),
  issuer: Type.String(),
  provider: Type.String(),
  created: Type.String(),
  lastActive: Type.String(),
  clientAddress: Type.String(),
  userAgent: Type.String(),
})
const sessionListing = Type.Object({
  sessions: Type.Array(listedSession),
  cursor: Type.Optional(Type.String()),
})

/** A session as operators see it: no token, no ticket, no claim but the subject. Instants are ISO 8601. */
export type ListedSession = Static<typeof listedSession>
/** What `GET /sessions` answers; with a `cursor` there is more. */
export type SessionListing = Static<typeof sessionListing>

/** Reads an answer to `GET /sessions`. Throws for anything else. */
export function parseSessionListing(answer: unknown): SessionListing {
  if (!Value.Check(sessionListing, answer)) throw new Error('the admin listener listed no sessions')
  return answer
}

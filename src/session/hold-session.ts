import { inCommon } from './common-texts.js'
import type { Identity, Session, SessionRecord } from './session.js'

const bearerScheme = 'Bearer '

/** What a process holds of a record. */
export function holdSession(record: SessionRecord): Session {
  const { identity, tokens } = record
  const { accessToken, accessTokenExpiresAt, accessTokenIssuedAt, dpopKey } = tokens
  // One text in memory: a part of a text is a view of it.
  const bearer = bearerScheme + accessToken
  return {
    ...record,
    identity: withSharedTexts(identity),
    tokens: {
      bearer,
      accessToken: bearer.slice(bearerScheme.length),
      accessTokenExpiresAt,
      accessTokenExpiryAssumed: tokens.accessTokenExpiryAssumed === true,
      accessTokenIssuedAt,
      ...(dpopKey === undefined ? {} : { dpopKey }),
      isRefreshable: tokens.refreshToken !== undefined,
    },
  }
}

/**
 * An identity whose texts are those of its claims, where they are equal, and that has its issuer and the members of lists,
 * such as groups, in common with others: of what is parsed, each is a text of its own.
 */
function withSharedTexts(identity: Identity): Identity {
  const { sub, sid } = identity
  const issuer = inCommon(identity.issuer)
  const claims: Record<string, unknown> = { ...identity.claims }
  if (claims['iss'] === issuer) claims['iss'] = issuer
  for (const [name, value] of Object.entries(claims)) {
    if (Array.isArray(value)) claims[name] = value.map(memberInCommon)
  }
  return {
    ...identity,
    issuer,
    sub: claims['sub'] === sub ? claims['sub'] : sub,
    ...(sid !== undefined && claims['sid'] === sid ? { sid: claims['sid'] } : {}),
    claims,
  }
}

const memberInCommon = (member: unknown) => (typeof member === 'string' ? inCommon(member) : member)

/** How much of a record's length in JSON is of what is held. */
export function heldLength({ tokens }: SessionRecord, length: number): number {
  return length - tokens.idToken.length - (tokens.refreshToken?.length ?? 0)
}

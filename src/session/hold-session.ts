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

/** An identity whose texts are those of its claims, where they are equal: of what is parsed, each is one of its own. */
function withSharedTexts(identity: Identity): Identity {
  const { issuer, sub, sid, claims } = identity
  return {
    ...identity,
    issuer: claims['iss'] === issuer ? claims['iss'] : issuer,
    sub: claims['sub'] === sub ? claims['sub'] : sub,
    ...(sid !== undefined && claims['sid'] === sid ? { sid: claims['sid'] } : {}),
  }
}

/** How much of a record's length in JSON is of what is held. */
export function heldLength({ tokens }: SessionRecord, length: number): number {
  return length - tokens.idToken.length - (tokens.refreshToken?.length ?? 0)
}

import { equalInConstantTime } from '../constant-time.js'

/**
 * Makes the check of an Authorization header against one bearer token (RFC 6750 §2.1). It takes as long
 * for a nearly right token as for a wrong one. Without a token in the configuration nobody passes.
 */
export function createBearerCheck(
  token: string | undefined,
): (authorization: string | undefined) => boolean {
  if (token === undefined || token === '') return () => false
  return function hasToken(authorization) {
    const presented = /^Bearer +([\x21-\x7e]+) *$/i.exec(authorization ?? '')?.[1]
    return presented !== undefined && equalInConstantTime(presented, token)
  }
}

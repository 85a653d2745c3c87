import { createHash } from 'node:crypto'
import type { AccessToken } from './access-token-claims.js'
import { OidcError } from './errors.js'
import { introspect } from './introspection.js'
import type { Provider } from './provider.js'
import { createTokenCache } from './token-cache.js'

/** Asks about an access token; throws like `introspect`. */
export type Introspector = (token: string, now: number) => Promise<AccessToken>

/** Of tokens that were refused, so that whoever repeats a bad one does not repeat the call. */
const refusedBytes = 1024 * 1024
const refusedForMs = 10_000
/** Beyond this the provider is not keeping up, or somebody is making tokens up. */
const maxUnderWay = 256
const longestHoldOffMs = 30_000

/**
 * Keeps the introspection endpoint from being flooded: a refusal counts for ten seconds, calls beyond a
 * bound are not made, and an endpoint that says when to come back is left alone until then.
 */
export function createIntrospector(
  provider: Pick<Provider, 'config' | 'keys' | 'open' | 'metadata' | 'issuer' | 'discovery'>,
): Introspector {
  const refused = createTokenCache<OidcError>(refusedBytes)
  const refusedMs = Math.min(refusedForMs, provider.config.introspectionMaxAge)
  let underWay = 0
  let heldOffUntil = 0

  async function ask(token: string, key: string, now: number): Promise<AccessToken> {
    try {
      return await introspect(provider, token, now)
    } catch (error) {
      if (!(error instanceof OidcError)) throw error
      if (error.code === 'ERR_BEARER_TOKEN') {
        refused.set(key, error, { goodUntil: now + refusedMs, bytes: 1000 })
      } else if (error.retryAfterMs !== undefined) {
        heldOffUntil = now + Math.min(error.retryAfterMs, longestHoldOffMs)
      }
      throw error
    }
  }

  return async (token, now) => {
    const key = createHash('sha256').update(token).digest('base64url')
    const known = refused.get(key, now)
    if (known !== undefined) throw known
    if (now < heldOffUntil) throw holdOff('asked to be left alone', heldOffUntil - now)
    if (underWay >= maxUnderWay) throw holdOff('has too many calls to answer', 1000)
    underWay++
    return ask(token, key, now).finally(() => underWay--)
  }
}

const holdOff = (why: string, retryAfterMs: number) =>
  new OidcError('ERR_PROVIDER_UNAVAILABLE', `the introspection endpoint ${why}`, { retryAfterMs })

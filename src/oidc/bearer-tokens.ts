import { createHash } from 'node:crypto'
import type { AccessToken } from './access-token-claims.js'
import { issuerNamedBy } from './access-token.js'
import { OidcError } from './errors.js'
import type { RelyingParty } from './relying-party.js'
import { createTokenCache } from './token-cache.js'

/** A verified access token; `key` names it without telling it. */
export type BearerToken = AccessToken & { readonly key: string }

export type BearerVerdict =
  | { readonly kind: 'verified'; readonly token: BearerToken }
  | { readonly kind: 'refused'; readonly reason: string }
  /** It cannot be told now, because the provider does not answer as it should. */
  | {
      readonly kind: 'unavailable'
      readonly reason: string
      readonly retryAfterMs: number | undefined
    }

/** The access tokens of clients, of any provider. */
export interface BearerTokens {
  /**
   * Verifies an access token as one of the provider whose issuer it names, or of the one that takes opaque
   * tokens; it must be `providerId` if that is given. One that was accepted is not looked at again for as
   * long as its verdict counts. Requests that bring the same token at once share one look.
   */
  verify(token: string, providerId: string | undefined, now: number): Promise<BearerVerdict>
}

type Party = Pick<
  RelyingParty,
  'id' | 'isNamed' | 'issuesAccessTokens' | 'takesOpaqueTokens' | 'verifyAccessToken'
>

/** A token with the names by which it is known here: to the log, and in the cache. */
interface Presented {
  readonly token: string
  readonly providerId: string | undefined
  readonly key: string
  readonly cacheKey: string
}

const cacheBytes = 16 * 1024 * 1024
/** No header field is longer in practice, and nothing longer is worth parsing. */
const maxTokenLength = 16 * 1024

export function createBearerTokens(parties: readonly Party[]): BearerTokens {
  const accepted = createTokenCache<BearerToken>(cacheBytes)
  const looks = new Map<string, Promise<BearerVerdict>>()

  /** A token is shown to nobody but the provider that it can only be of. */
  function partyOf(token: string, providerId: string | undefined): Party {
    const counting = parties.filter(({ id }) => providerId === undefined || id === providerId)
    const issuer = issuerNamedBy(token)
    if (issuer === undefined) {
      const [only, ...others] = counting.filter((party) => party.takesOpaqueTokens)
      if (only !== undefined && others.length === 0) return only
      throw refusal('the token is no JWT, or names no issuer')
    }
    // What a provider announces of its access tokens takes none from the issuer that they name.
    const named =
      counting.find((party) => party.isNamed(issuer)) ??
      counting.find((party) => party.issuesAccessTokens(issuer))
    if (named !== undefined) return named
    throw refusal(`"iss" ${JSON.stringify(issuer).slice(0, 200)} is no issuer that counts here`)
  }

  async function look(
    { token, providerId, key, cacheKey }: Presented,
    now: number,
  ): Promise<BearerVerdict> {
    try {
      if (token.length > maxTokenLength) throw refusal('the token is too long')
      const verified = {
        ...(await partyOf(token, providerId).verifyAccessToken(token, now)),
        key,
      }
      const { goodUntil, bytes } = verified
      accepted.set(cacheKey, verified, { goodUntil, bytes })
      return { kind: 'verified', token: verified }
    } catch (error) {
      if (!(error instanceof OidcError)) throw error
      const { code, message: reason, retryAfterMs } = error
      if (code === 'ERR_BEARER_TOKEN') return { kind: 'refused', reason }
      return { kind: 'unavailable', reason, retryAfterMs }
    }
  }

  return {
    async verify(token, providerId, now) {
      const key = createHash('sha256').update(token).digest('base64url')
      const cacheKey = `${key} ${providerId ?? ''}`
      const known = accepted.get(cacheKey, now)
      if (known !== undefined) return { kind: 'verified', token: known }
      const looking = looks.get(cacheKey)
      if (looking !== undefined) return looking
      // Not at the end of the look itself, which comes before the entry where a token is refused at once.
      const started = look({ token, providerId, key, cacheKey }, now).finally(() => {
        looks.delete(cacheKey)
      })
      looks.set(cacheKey, started)
      return started
    },
  }
}

const refusal = (message: string) => new OidcError('ERR_BEARER_TOKEN', message)

import {
  compactVerify,
  createLocalJWKSet,
  decodeProtectedHeader,
  errors,
  type CompactVerifyResult,
} from 'jose'
import { OidcError } from './errors.js'
import { mostFreshMs, type PublishedKeys } from './published-keys.js'

/** The provider's public keys. */
export interface KeySet {
  /**
   * Verifies a signed token whose `alg` is one of `algorithms`, all asymmetric. An unknown key makes it
   * fetch the keys once more, at most every 30 s. Throws OidcError ERR_ID_TOKEN_SIGNATURE,
   * ERR_ID_TOKEN_KEY when no key of the provider fits, or ERR_PROVIDER_UNAVAILABLE when the keys cannot be
   * fetched; ERR_PROVIDER_UNAVAILABLE_KEY when none fits of those fetched within these 30 s.
   */
  verify(token: string, algorithms: readonly string[]): Promise<CompactVerifyResult>
  /** Fetches the keys now; throws OidcError and keeps the old ones. */
  refresh(): Promise<void>
}

const refetchCooldownMs = 30_000

type LocalKeys = ReturnType<typeof createLocalJWKSet>

/** `load` fetches the keys unless `known` ones are unchanged, and throws OidcError. */
export function createKeySet(options: {
  readonly load: (known?: PublishedKeys) => Promise<PublishedKeys>
  readonly now: () => number
}): KeySet {
  const { load, now } = options
  let published: PublishedKeys | undefined
  let keys: LocalKeys | undefined
  let loadedAt = 0
  let triedAt = Number.NEGATIVE_INFINITY
  let pending: Promise<LocalKeys> | undefined
  let refetchedAt = Number.NEGATIVE_INFINITY
  let hasFailed = false

  function reload(known?: PublishedKeys): Promise<LocalKeys> {
    pending ??= (async () => {
      triedAt = now()
      try {
        published = await load(known)
        keys = createLocalJWKSet({ keys: [...published.keys] })
        loadedAt = now()
        hasFailed = false
        return keys
      } catch (error) {
        hasFailed = true
        throw error
      } finally {
        pending = undefined
      }
    })()
    return pending
  }

  async function currentKeys(): Promise<LocalKeys> {
    if (keys === undefined || published === undefined) return reload()
    const ageMs = now() - loadedAt
    if (ageMs <= published.freshForMs) return keys
    if (pending === undefined && now() - triedAt < refetchCooldownMs) return keys
    // Old keys stay good while the provider cannot be reached, and nobody waits for one that is away.
    const known = keys
    const mayWait = ageMs > mostFreshMs && !hasFailed
    const newer = reload(published).catch(() => known)
    return mayWait ? newer : known
  }

  /** Newer keys than `tried`, which do not verify a token; undefined during the cooldown. */
  async function refetch(tried: LocalKeys): Promise<LocalKeys | undefined> {
    if (keys !== tried) return keys
    if (pending !== undefined) return pending
    if (now() - refetchedAt < refetchCooldownMs) return undefined
    refetchedAt = now()
    // Without a condition, for a provider whose ETag does not change with the keys.
    return reload()
  }

  return {
    async verify(token, algorithms) {
      const known = await currentKeys()
      try {
        return await verifyWith(known, token, algorithms)
      } catch (error) {
        if (!mayBeSignedByNewKey(error, token)) throw error
        const fetched = await refetch(known)
        if (fetched !== undefined) return await verifyWith(fetched, token, algorithms)
        if (error.code !== 'ERR_ID_TOKEN_KEY') throw error
        throw unknownKey(hasFailed, refetchedAt + refetchCooldownMs - now())
      }
    },
    async refresh() {
      await reload()
    },
  }
}

async function verifyWith(
  keys: LocalKeys,
  token: string,
  algorithms: readonly string[],
): Promise<CompactVerifyResult> {
  const options = { algorithms: [...algorithms] }
  try {
    return await compactVerify(token, keys, options)
  } catch (error) {
    if (error instanceof errors.JWKSNoMatchingKey) {
      throw new OidcError('ERR_ID_TOKEN_KEY', 'no key of the provider fits the token')
    }
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw signatureError(error)
    for await (const key of error) {
      const verified = await compactVerify(token, key, options).catch(() => undefined)
      if (verified !== undefined) return verified
    }
    throw signatureError(error)
  }
}

function signatureError(cause: unknown): OidcError {
  return new OidcError('ERR_ID_TOKEN_SIGNATURE', 'the signature of the token is wrong', { cause })
}

/** Without a look at the present keys, an unknown one proves nothing against the token. */
function unknownKey(hasFailed: boolean, retryAfterMs: number): OidcError {
  const options = { retryAfterMs }
  return hasFailed
    ? new OidcError(
        'ERR_PROVIDER_UNAVAILABLE',
        'the token has an unknown key, and the last fetch of the keys failed',
        options,
      )
    : new OidcError(
        'ERR_PROVIDER_UNAVAILABLE_KEY',
        'the token has a key that was not among those fetched less than 30 s ago',
        options,
      )
}

/** Without a `kid`, a wrong signature is all that tells of a new key. */
function mayBeSignedByNewKey(error: unknown, token: string): error is OidcError {
  if (!(error instanceof OidcError)) return false
  if (error.code === 'ERR_ID_TOKEN_KEY') return true
  return error.code === 'ERR_ID_TOKEN_SIGNATURE' && decodeProtectedHeader(token).kid === undefined
}

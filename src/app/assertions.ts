import type { Logger } from 'pino'
import type { Config } from '../config/schema.js'
import { AssertionKeyMissingError, createAssertionSigner } from '../identity/assertion.js'
import { type AssertionCache, createAssertionCache } from '../identity/assertion-cache.js'
import type { PublishedKey } from '../identity/signing-key.js'
import type { KeyRing } from '../session/key-ring.js'
import type { SessionStore } from '../session/session-store.js'
import { createKeyFiles } from './key-files.js'
import type { KeySource } from './key-source.js'
import { createRotatingKeys } from './rotating-keys.js'

/** The identity assertions of all routes, and the keys that they are signed with. */
export interface Assertions extends AssertionCache {
  /**
   * The public keys, and for how long they may be kept: never longer than no other key can come to sign.
   *
   * Throws AssertionKeyMissingError, since an empty set would be kept, too.
   */
  jwks(now: number): { readonly keys: readonly PublishedKey[]; readonly maxAgeSeconds: number }
  readiness(now: number): { readonly ready: true } | { readonly ready: false; reason: string }
  start(): void
  stop(): void
}

export interface AssertionParts {
  readonly keyRing: KeyRing
  readonly store: SessionStore
  readonly logger: Logger
  readonly clock: () => number
}

/** For so long verifiers keep the keys at most. */
const longestMaxAgeMs = 5 * 60_000
/** Others look for changes every second. */
const settleMs = 3000

/** Where no route has an assertion, there are no keys. */
export function createAssertions(config: Config, parts: AssertionParts): Assertions {
  const isUsed = config.routes.some(({ forward }) => forward.assertion !== undefined)
  const source = isUsed ? openSource(config, parts) : noKeys
  const issuer = new URL(config.publicUrl).origin
  const open = () =>
    createAssertionCache(createAssertionSigner({ keyAt: source.signingAt, issuer }))
  let cache = open()
  source.onRemoval(() => {
    cache = open()
  })
  return {
    assertionFor: (...asked) => cache.assertionFor(...asked),
    jwks(now) {
      const { keys, completeUntil } = source.published(now)
      if (isUsed && keys.length === 0) throw new AssertionKeyMissingError()
      const maxAgeMs = Math.min(Math.max(completeUntil - now, 0), longestMaxAgeMs)
      return { keys, maxAgeSeconds: Math.floor(maxAgeMs / 1000) }
    },
    readiness(now) {
      if (!isUsed || source.signingAt(now) !== undefined) return { ready: true }
      return { ready: false, reason: 'there is no signing key yet' }
    },
    start: source.start,
    stop: source.stop,
  }
}

function openSource(
  { assertion, session }: Config,
  { keyRing, store, logger, clock }: AssertionParts,
): KeySource {
  if (assertion.keyFiles !== undefined) {
    return createKeyFiles({ files: assertion.keyFiles, logger })
  }
  return createRotatingKeys({
    store: store.signingKeys,
    keyRing,
    algorithm: assertion.algorithm,
    intervalMs: assertion.keyRotation,
    settleMs: session.store === 'memory' ? 0 : settleMs,
    clock,
    onCreated: (created) => logger.info(created, 'signing key created'),
    onError: (error) => logger.debug({ err: error }, 'signing keys'),
  })
}

const noKeys: KeySource = {
  signingAt: () => undefined,
  published: () => ({ keys: [], completeUntil: Number.NEGATIVE_INFINITY }),
  onRemoval() {},
  start() {},
  stop() {},
}

import type { Identity } from '../session/session.js'
import {
  type Assertion,
  type AssertionConfig,
  type AssertionInput,
  assertionLifetimeMs,
  type AssertionSigner,
} from './assertion.js'

/** Who is asserted, and until when at the latest; a session has that, and so has an access token. */
interface Asserted {
  readonly identity: Identity
  readonly endsAt: number
}

/** Assertions kept per session record and route, so that a warm request signs nothing. */
export interface AssertionCache {
  /**
   * The assertion of a session for an application; signed anew in the second half of its life.
   *
   * Throws AssertionKeyMissingError.
   */
  assertionFor(
    session: Asserted,
    config: AssertionConfig,
    input: Pick<AssertionInput, 'groupsClaim' | 'sessionKeyHash' | 'now'>,
  ): string
}

/** Creates a cache that forgets with the session records: a refreshed session has a record of its own. */
export function createAssertionCache(signer: AssertionSigner): AssertionCache {
  const bySession = new WeakMap<Asserted, Map<AssertionConfig, Assertion>>()

  return {
    assertionFor(session, config, input) {
      const byConfig = bySession.get(session) ?? new Map<AssertionConfig, Assertion>()
      bySession.set(session, byConfig)
      const known = byConfig.get(config)
      if (known !== undefined && isFresh(known, session.endsAt, input.now)) return known.jwt
      const { identity, endsAt: expiresAt } = session
      const assertion = signer.sign({ ...config, ...input, identity, expiresAt })
      byConfig.set(config, assertion)
      return assertion.jwt
    },
  }
}

/** Whether half of its life is left, or as much as there can be before the session ends. */
const isFresh = ({ issuedAt, expiresAt }: Assertion, endsAt: number, now: number) =>
  now >= issuedAt &&
  now < expiresAt &&
  (expiresAt - now >= assertionLifetimeMs / 2 || expiresAt === Math.floor(endsAt / 1000) * 1000)

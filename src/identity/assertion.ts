import { randomUUID } from 'node:crypto'
import type { RouteConfig } from '../config/schema.js'
import { CodedError } from '../errors.js'
import type { Identity } from '../session/session.js'
import { type ClaimPath, emailOf, groupsOf, readClaim } from './claims.js'
import { encodeJson } from './encode-json.js'
import type { SigningKey } from './signing-key.js'

/** An assertion lives so long, unless the session ends before. */
export const assertionLifetimeMs = 5 * 60_000

/** What a route says of its assertion. */
export type AssertionConfig = NonNullable<RouteConfig['forward']['assertion']>

export interface AssertionInput extends AssertionConfig {
  readonly identity: Identity
  readonly groupsClaim: ClaimPath
  /** Tells sessions apart without telling the ticket. */
  readonly sessionKeyHash: string
  readonly now: number
  /** When the session ends; the assertion ends with it. Epoch milliseconds. */
  readonly expiresAt?: number
}

export interface Assertion {
  readonly jwt: string
  /** Epoch milliseconds. */
  readonly issuedAt: number
  /** Epoch milliseconds. */
  readonly expiresAt: number
}

/** There is no key to sign with yet, or no more: the store could not be reached for too long. */
export class AssertionKeyMissingError extends CodedError<'ERR_ASSERTION_KEY_MISSING'> {
  constructor() {
    super('ERR_ASSERTION_KEY_MISSING', 'there is no key to sign identity assertions with')
  }
}

export interface AssertionSigner {
  /**
   * Signs who the person is for one application: a compact JWT (RFC 7519) of at most five minutes. `iss` is
   * Valetkey; the person is known by `provider_issuer` with `sub`.
   *
   * Throws AssertionKeyMissingError.
   */
  sign(input: AssertionInput): Assertion
}

/** Creates the signer of the identity assertion. `issuer` is the public URL. */
export function createAssertionSigner(options: {
  /** The key to sign with at an instant. */
  readonly keyAt: (now: number) => SigningKey | undefined
  readonly issuer: string
}): AssertionSigner {
  return {
    sign(input) {
      const { now } = input
      const key = options.keyAt(now)
      if (key === undefined) throw new AssertionKeyMissingError()
      const end = Math.min(input.expiresAt ?? Number.POSITIVE_INFINITY, now + assertionLifetimeMs)
      const expiresAt = Math.floor(end / 1000) * 1000
      const { alg, kid } = key.published
      const content = `${encodeJson({ alg, typ: 'JWT', kid })}.${encodeJson({
        ...chosenClaims(input),
        iss: options.issuer,
        aud: input.audience,
        sub: input.identity.sub,
        provider_issuer: input.identity.issuer,
        sid: input.sessionKeyHash,
        iat: Math.floor(now / 1000),
        exp: expiresAt / 1000,
        jti: randomUUID(),
      })}`
      return { jwt: `${content}.${key.sign(content)}`, issuedAt: now, expiresAt }
    },
  }
}

/** An address and groups as the identity headers tell them; other claims as the provider does. */
function chosenClaims({ claims, identity, groupsClaim }: AssertionInput) {
  return Object.fromEntries(
    claims.map((name) => {
      if (name === 'email') return [name, emailOf(identity)]
      if (name !== 'groups') return [name, readClaim(identity.claims, name)]
      const groups = groupsOf(identity, groupsClaim)
      return [name, groups.length === 0 ? undefined : groups]
    }),
  )
}

import { Buffer } from 'node:buffer'
import { createHash, createPrivateKey, createPublicKey, randomUUID, sign } from 'node:crypto'
import { CodedError } from '../errors.js'
import type { Identity } from '../session/session.js'
import { type ClaimPath, emailOf, groupsOf, readText } from './claims.js'

/** An assertion lives so long, unless the session ends before. */
const assertionLifetimeMs = 5 * 60_000

/** A public key of the assertion (RFC 8037 §2). */
export interface AssertionKey {
  readonly kty: 'OKP'
  readonly crv: 'Ed25519'
  readonly x: string
  readonly kid: string
  readonly alg: 'EdDSA'
  readonly use: 'sig'
}

export interface AssertionInput {
  /** The application that shall accept it. */
  readonly audience: string
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

export interface AssertionSigner {
  /**
   * Signs who the person is for one application: a compact JWT (RFC 7519) of at most five minutes. `iss` is
   * Valetkey; the person is known by `provider_issuer` with `sub`.
   */
  sign(input: AssertionInput): Assertion
  /** The public keys, for `/jwks`: that of the first seed and those that assertions may still bear. */
  jwks(): { readonly keys: readonly AssertionKey[] }
}

/** A seed that is no Ed25519 private key. */
export class AssertionSeedError extends CodedError<'ERR_IDENTITY_ASSERTION_SEED'> {
  constructor() {
    super('ERR_IDENTITY_ASSERTION_SEED', 'an assertion needs at least one seed, each of 32 bytes')
  }
}

/**
 * Creates the signer of the identity assertion. The first seed signs; `issuer` is the public URL.
 *
 * Throws AssertionSeedError unless there is at least one seed and each has 32 bytes.
 */
export function createAssertionSigner(options: {
  readonly seeds: readonly Buffer[]
  readonly issuer: string
}): AssertionSigner {
  const keys = options.seeds.map(keyOf)
  const [first] = keys
  if (first === undefined) throw new AssertionSeedError()
  const header = encodeJson({ alg: 'EdDSA', typ: 'JWT', kid: first.jwk.kid })
  const keySet = { keys: keys.map(({ jwk }) => jwk) }

  return {
    sign(input) {
      const end = Math.min(
        input.expiresAt ?? Number.POSITIVE_INFINITY,
        input.now + assertionLifetimeMs,
      )
      const expiresAt = Math.floor(end / 1000) * 1000
      const content = `${header}.${encodeJson({
        iss: options.issuer,
        aud: input.audience,
        ...claimsOf(input),
        iat: Math.floor(input.now / 1000),
        exp: expiresAt / 1000,
        jti: randomUUID(),
      })}`
      const signature = sign(null, Buffer.from(content), first.privateKey).toString('base64url')
      return { jwt: `${content}.${signature}`, issuedAt: input.now, expiresAt }
    },
    jwks: () => keySet,
  }
}

function claimsOf({ identity, groupsClaim, sessionKeyHash }: AssertionInput) {
  const groups = groupsOf(identity, groupsClaim)
  return {
    sub: identity.sub,
    provider_issuer: identity.issuer,
    email: emailOf(identity),
    preferred_username: readText(identity.claims, 'preferred_username'),
    groups: groups.length === 0 ? undefined : groups,
    sid: sessionKeyHash,
  }
}

const encodeJson = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')

// What stands before the seed in the PKCS #8 form of an Ed25519 private key (RFC 8410 §7).
const pkcs8Prefix = Buffer.from('302e020100300506032b657004220420', 'hex')

function keyOf(seed: Buffer) {
  if (seed.length !== 32) throw new AssertionSeedError()
  const privateKey = createPrivateKey({
    key: Buffer.concat([pkcs8Prefix, seed]),
    format: 'der',
    type: 'pkcs8',
  })
  const { x = '' } = createPublicKey(privateKey).export({ format: 'jwk' })
  // RFC 7638 §3: the required members in lexicographic order.
  const thumbprint = JSON.stringify({ crv: 'Ed25519', kty: 'OKP', x })
  const kid = createHash('sha256').update(thumbprint).digest('base64url')
  const jwk: AssertionKey = { kty: 'OKP', crv: 'Ed25519', x, kid, alg: 'EdDSA', use: 'sig' }
  return { privateKey, jwk }
}

/** Who is asserted, and until when at the latest; a session has that, and so has an access token. */
interface Asserted {
  readonly identity: Identity
  readonly endsAt: number
}

/** Assertions kept per session record and audience, so that a warm request signs nothing. */
export interface AssertionCache {
  /** The assertion of a session for an application; signed anew in the second half of its life. */
  assertionFor(
    session: Asserted,
    input: Pick<AssertionInput, 'audience' | 'groupsClaim' | 'sessionKeyHash' | 'now'>,
  ): string
}

/** Creates a cache that forgets with the session records: a refreshed session has a record of its own. */
export function createAssertionCache(signer: AssertionSigner): AssertionCache {
  const bySession = new WeakMap<Asserted, Map<string, Assertion>>()

  return {
    assertionFor(session, input) {
      const byAudience = bySession.get(session) ?? new Map<string, Assertion>()
      bySession.set(session, byAudience)
      const known = byAudience.get(input.audience)
      if (known !== undefined && isFresh(known, session.endsAt, input.now)) return known.jwt
      const assertion = signer.sign({
        ...input,
        identity: session.identity,
        expiresAt: session.endsAt,
      })
      byAudience.set(input.audience, assertion)
      return assertion.jwt
    },
  }
}

/** Whether half of its life is left, or as much as there can be before the session ends. */
const isFresh = ({ issuedAt, expiresAt }: Assertion, endsAt: number, now: number) =>
  now >= issuedAt &&
  now < expiresAt &&
  (expiresAt - now >= assertionLifetimeMs / 2 || expiresAt === Math.floor(endsAt / 1000) * 1000)

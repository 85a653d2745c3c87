import { randomBytes } from 'node:crypto'
import type { Identity } from '../../../src/session/session.js'
import type { SignIn } from '../../../src/session/sessions.js'

/** How many sessions each person has: on as many devices. */
export const devicesPerPerson = 5

const userAgent =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36'
const dayMs = 24 * 3_600_000
const keyId = randomBytes(32).toString('base64url')
const groups = ['staff', 'engineering', 'vpn', 'wiki-editors', 'on-call']

const personOf = (number: number) => Math.floor(number / devicesPerPerson)

export function subOf(person: number): string {
  return `f81d4fae-7dec-11d0-a765-${String(person).padStart(12, '0')}`
}

export function clientOf(number: number) {
  return { userAgent, address: `192.0.2.${personOf(number) % 256}` }
}

/** Who the session with that number belongs to. Neighbours in number are one person's. */
export function identityOf(issuer: string, number: number): Omit<Identity, 'claims'> {
  const sid = randomBytes(16).toString('hex')
  return { providerId: 'corp', issuer, sub: subOf(personOf(number)), sid }
}

/**
 * What the sign-in with that number brings, as a provider with RS256 tokens and a few groups sends it:
 * about 1 KB for each token.
 */
export function createSignIn(issuer: string, number: number, now: number): SignIn {
  const identity = identityOf(issuer, number)
  const { sub, sid } = identity
  const person = personOf(number)
  const times = { iat: Math.floor(now / 1000), exp: Math.floor((now + dayMs) / 1000) }
  const names = { iss: issuer, sub, sid, azp: 'app' }
  const claims = {
    ...names,
    ...times,
    aud: 'app',
    auth_time: times.iat,
    acr: '1',
    email: `person-${person}@example.com`,
    email_verified: true,
    name: `Person Number ${person}`,
    preferred_username: `person-${person}`,
    groups,
  }
  const scope = 'openid profile email groups offline_access'
  const jti = randomBytes(16).toString('hex')
  const ofAccess = { ...names, ...times, jti, scope, aud: 'api', roles: groups }
  return {
    identity: { ...identity, authenticatedAt: now, claims },
    tokens: {
      accessToken: likeJwt({ ...ofAccess, email: claims.email, entitlements: ['read', 'write'] }),
      accessTokenExpiresAt: now + dayMs,
      accessTokenIssuedAt: now,
      // Opaque, as many are.
      refreshToken: randomBytes(768).toString('base64url'),
      idToken: likeJwt({ ...claims, nonce: randomBytes(32).toString('base64url') }),
      scope,
    },
    client: clientOf(number),
  }
}

/** A token of the size and the entropy of a signed one; nothing here verifies it. */
function likeJwt(payload: object): string {
  const [head, body] = [{ alg: 'RS256', typ: 'JWT', kid: keyId }, payload].map((part) =>
    Buffer.from(JSON.stringify(part)).toString('base64url'),
  )
  return `${head}.${body}.${randomBytes(256).toString('base64url')}`
}

import { Buffer } from 'node:buffer'
import { randomBytes } from 'node:crypto'
import { calculateJwkThumbprint, createLocalJWKSet, decodeProtectedHeader, jwtVerify } from 'jose'
import t from 'tap'
import { createAssertionCache, createAssertionSigner } from '../../src/identity/assertion.js'
import type { Session } from '../../src/session/session.js'
import { identityOf } from '../access/fixtures.js'

const now = 1_800_000_000_000
const minute = 60_000
const issuer = 'https://app.example.com'
const audience = 'https://api.example.com'
const identity = identityOf({
  email: 'alice@example.com',
  preferred_username: 'al',
  groups: ['staff', 'Köln, Rat'],
  department: 'it',
})
const input = { audience, identity, groupsClaim: 'groups', sessionKeyHash: 'abc', now }

const verify = (jwt: string, signer: ReturnType<typeof createAssertionSigner>, at = now) =>
  jwtVerify(jwt, createLocalJWKSet({ keys: [...signer.jwks().keys] }), {
    issuer,
    audience,
    algorithms: ['EdDSA'],
    typ: 'JWT',
    currentDate: new Date(at),
  })

t.test('an application verifies who the person is by the published keys', async (t) => {
  const signer = createAssertionSigner({ seeds: [randomBytes(32)], issuer })
  const { jwt } = signer.sign(input)
  const { payload } = await verify(jwt, signer)
  t.match(payload.jti, /^[0-9a-f-]{36}$/)
  t.same(payload, {
    iss: issuer,
    aud: audience,
    sub: 'alice',
    provider_issuer: 'https://idp.example.com',
    email: 'alice@example.com',
    preferred_username: 'al',
    groups: ['staff', 'Köln, Rat'],
    sid: 'abc',
    iat: now / 1000,
    exp: now / 1000 + 300,
    jti: payload.jti,
  })
  await t.rejects(verify(jwt, signer, now + 5 * minute), { code: 'ERR_JWT_EXPIRED' })
  const [header, , signature] = jwt.split('.')
  const forged = Buffer.from(JSON.stringify({ ...payload, sub: 'bob' })).toString('base64url')
  await t.rejects(verify(`${header}.${forged}.${signature}`, signer))
})

t.test('absent claims are absent, and so is an address known to be unverified', async (t) => {
  const signer = createAssertionSigner({ seeds: [randomBytes(32)], issuer })
  const claims = { email: 'a@example.com', email_verified: false }
  const { jwt } = signer.sign({ ...input, identity: identityOf(claims) })
  const { payload } = await verify(jwt, signer)
  t.same(Object.keys(payload), ['iss', 'aud', 'sub', 'provider_issuer', 'sid', 'iat', 'exp', 'jti'])
})

t.test('an assertion ends with its session', async (t) => {
  const signer = createAssertionSigner({ seeds: [randomBytes(32)], issuer })
  const { jwt, expiresAt } = signer.sign({ ...input, expiresAt: now + minute + 500 })
  const { payload } = await verify(jwt, signer)
  t.equal(expiresAt, now + minute, 'whole seconds, rounded down')
  t.equal(payload.exp, expiresAt / 1000)
  t.equal(signer.sign({ ...input, expiresAt: now + 60 * minute }).expiresAt, now + 5 * minute)
})

t.test('the first seed signs; what the others signed still verifies', async (t) => {
  const [old, fresh] = [randomBytes(32), randomBytes(32)]
  const before = createAssertionSigner({ seeds: [old], issuer })
  const after = createAssertionSigner({ seeds: [fresh, old], issuer })
  const { jwt } = before.sign(input)
  await t.resolves(verify(jwt, after))
  await t.rejects(verify(after.sign(input).jwt, before))
  t.equal(decodeProtectedHeader(after.sign(input).jwt).kid, after.jwks().keys[0]?.kid)
  for (const key of after.jwks().keys) {
    t.equal(key.kid, await calculateJwkThumbprint(key), 'the key id is the thumbprint (RFC 7638)')
    t.notHas(key, { d: /./ }, 'and nothing private is published')
  }
  t.same(
    createAssertionSigner({ seeds: [fresh], issuer }).jwks().keys[0],
    after.jwks().keys[0],
    'replicas with the same seed have the same key',
  )
})

t.test('a seed that is none is refused', async (t) => {
  for (const seeds of [[], [randomBytes(31)], [randomBytes(32), randomBytes(33)]]) {
    t.throws(() => createAssertionSigner({ seeds, issuer }), {
      code: 'ERR_IDENTITY_ASSERTION_SEED',
    })
  }
})

const session = (endsAt = now + 60 * minute): Session => ({
  schema: 1,
  identity,
  tokens: {
    accessToken: 'at',
    accessTokenExpiresAt: now,
    accessTokenIssuedAt: now,
    idToken: 'it',
  },
  createdAt: now,
  endsAt,
})

t.test('a warm request signs nothing until half of the life is over', async (t) => {
  const cache = createAssertionCache(createAssertionSigner({ seeds: [randomBytes(32)], issuer }))
  const [one, other] = [session(), session()]
  const get = (of: Session, at: number, aud = audience) =>
    cache.assertionFor(of, { ...input, audience: aud, now: at })
  const first = get(one, now)
  t.equal(get(one, now + 2.5 * minute), first)
  const second = get(one, now + 2.5 * minute + 1)
  t.not(second, first, 'in the second half it is signed anew')
  t.not(get(one, now), second, 'a clock that went back gets no assertion of the future')
  t.not(get(one, now, 'https://other.example.com'), get(one, now), 'one for each application')
  t.not(get(other, now), get(one, now), 'one for each session record')
})

t.test('shortly before the end of a session the last assertion is kept', async (t) => {
  const signer = createAssertionSigner({ seeds: [randomBytes(32)], issuer })
  const cache = createAssertionCache(signer)
  const ending = session(now + minute + 1)
  const last = cache.assertionFor(ending, input)
  t.equal(cache.assertionFor(ending, { ...input, now: now + 59_000 }), last)
  const { payload } = await verify(last, signer)
  t.equal(payload.exp, (now + minute) / 1000)
})

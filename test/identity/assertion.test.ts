import { Buffer } from 'node:buffer'
import { createLocalJWKSet, jwtVerify } from 'jose'
import t from 'tap'
import { createAssertionSigner } from '../../src/identity/assertion.js'
import { createAssertionCache } from '../../src/identity/assertion-cache.js'
import { generateSigningKey, readSigningKey } from '../../src/identity/signing-key.js'
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
const config = { audience, claims: ['email', 'preferred_username', 'groups'] }
const input = { ...config, identity, groupsClaim: 'groups', sessionKeyHash: 'abc', now }

const key = readSigningKey(generateSigningKey('ES256'))
if (key === undefined) throw new Error('no key')
const keys = [key.published]
const signer = createAssertionSigner({ keyAt: () => key, issuer })

const verify = (jwt: string, at = now) =>
  jwtVerify(jwt, createLocalJWKSet({ keys }), {
    issuer,
    audience,
    algorithms: ['ES256'],
    typ: 'JWT',
    currentDate: new Date(at),
  })

t.test('an application verifies who the person is by the published keys', async (t) => {
  const { jwt } = signer.sign(input)
  const { payload } = await verify(jwt)
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
  await t.rejects(verify(jwt, now + 5 * minute), { code: 'ERR_JWT_EXPIRED' })
  const [header, , signature] = jwt.split('.')
  const forged = Buffer.from(JSON.stringify({ ...payload, sub: 'bob' })).toString('base64url')
  await t.rejects(verify(`${header}.${forged}.${signature}`))
})

t.test('absent claims are absent, and so is an address known to be unverified', async (t) => {
  const claims = { email: 'a@example.com', email_verified: false }
  const { jwt } = signer.sign({ ...input, identity: identityOf(claims) })
  const { payload } = await verify(jwt)
  const own = ['iss', 'aud', 'sub', 'provider_issuer', 'sid', 'iat', 'exp', 'jti']
  t.same(Object.keys(payload), own)
})

t.test('an assertion ends with its session', async (t) => {
  const { jwt, expiresAt } = signer.sign({ ...input, expiresAt: now + minute + 500 })
  const { payload } = await verify(jwt)
  t.equal(expiresAt, now + minute, 'whole seconds, rounded down')
  t.equal(payload.exp, expiresAt / 1000)
  t.equal(signer.sign({ ...input, expiresAt: now + 60 * minute }).expiresAt, now + 5 * minute)
})

t.test('without a key there is no assertion', async (t) => {
  const keyless = createAssertionSigner({ keyAt: () => undefined, issuer })
  t.throws(() => keyless.sign(input), { code: 'ERR_ASSERTION_KEY_MISSING' })
})

t.test(
  'a route chooses the claims, and none of them can pass for what Valetkey says',
  async (t) => {
    const claims = ['department', 'nested', 'absent', 'sub', 'iss', 'exp']
    const people = identityOf({ ...identity.claims, nested: { a: [1] }, iss: 'eve', exp: 1 })
    const { payload } = await verify(signer.sign({ ...input, claims, identity: people }).jwt)
    t.match(payload, { department: 'it', nested: { a: [1] }, sub: 'alice', iss: issuer })
    t.equal(payload.exp, now / 1000 + 300)
    t.notHas(payload, { email: /./ })
  },
)

const session = (endsAt = now + 60 * minute): Session => ({
  schema: 1,
  identity,
  tokens: {
    accessToken: 'at',
    bearer: 'Bearer at',
    accessTokenExpiresAt: now,
    accessTokenExpiryAssumed: false,
    accessTokenIssuedAt: now,
    isRefreshable: false,
  },
  createdAt: now,
  endsAt,
})

t.test('a warm request signs nothing until half of the life is over', async (t) => {
  const cache = createAssertionCache(signer)
  const [one, other] = [session(), session()]
  const get = (of: Session, at: number, route = config) =>
    cache.assertionFor(of, route, { ...input, now: at })
  const first = get(one, now)
  t.equal(get(one, now + 2.5 * minute), first)
  const second = get(one, now + 2.5 * minute + 1)
  t.not(second, first, 'in the second half it is signed anew')
  t.not(get(one, now), second, 'a clock that went back gets no assertion of the future')
  t.not(get(one, now, { ...config }), get(one, now), 'one for each route')
  t.not(get(other, now), get(one, now), 'one for each session record')
})

t.test('shortly before the end of a session the last assertion is kept', async (t) => {
  const cache = createAssertionCache(signer)
  const ending = session(now + minute + 1)
  const last = cache.assertionFor(ending, config, input)
  t.equal(cache.assertionFor(ending, config, { ...input, now: now + 59_000 }), last)
  const { payload } = await verify(last)
  t.equal(payload.exp, (now + minute) / 1000)
})

import t, { type Test } from 'tap'
import type { ProviderConfig } from '../../src/config/schema.js'
import { createBearerTokens } from '../../src/oidc/bearer-tokens.js'
import {
  type CannedAnswer,
  createTestKey,
  forgeToken,
  publicJwk,
  signingKey,
} from '../helpers/hostile-provider.js'
import { setUpHostile } from './hostile-login.js'

const now = Date.now()
const seconds = Math.floor(now / 1000)
const ec = createTestKey('key-ec', 'ES256')
const stranger = createTestKey('key-ec', 'ES256')

/** A provider that is asked about tokens, and what it says of an active one. */
async function setUp(t: Test, settings: Partial<ProviderConfig> = {}) {
  const { provider, party } = await setUpHostile(t, {
    accessTokenVerification: 'auto',
    ...settings,
  })
  provider.metadata['introspection_endpoint'] = `${provider.issuer}/introspect`
  provider.jwks = { keys: [publicJwk(signingKey), publicJwk(ec)] }
  const right = {
    active: true,
    iss: provider.issuer,
    aud: 'https://api.example.com',
    sub: 'alice',
    exp: seconds + 300,
    scope: 'read write',
    token_type: 'Bearer',
    username: 'alice.liddell',
    groups: ['staff'],
  }
  const say = (claims: Record<string, unknown>) =>
    provider.answers.set('/introspect', { body: JSON.stringify({ ...right, ...claims }) })
  say({})
  const bearer = createBearerTokens([party])
  return {
    provider,
    party,
    right,
    say,
    verify: (token: string, at = now) => bearer.verify(token, undefined, at),
    calls: () => provider.callsTo('/introspect'),
  }
}

t.test('INTRO-1 P5 an opaque token is asked about, as the client', async (t) => {
  const { provider, verify } = await setUp(t)
  t.match(await verify('opaque-1'), {
    kind: 'verified',
    token: {
      identity: {
        issuer: provider.issuer,
        sub: 'alice',
        claims: { preferred_username: 'alice.liddell', groups: ['staff'], active: undefined },
      },
      tokens: { accessToken: 'opaque-1' },
      audiences: ['https://api.example.com'],
      scopes: ['read', 'write'],
    },
  })
  const call = provider.calls.find(({ path }) => path === '/introspect')
  t.equal(call?.method, 'POST')
  t.match(call?.authorization, /^Basic /)
  t.same(Object.fromEntries(call?.form ?? []), {
    token: 'opaque-1',
    token_type_hint: 'access_token',
  })
})

t.test('INTRO-1 what is not said is not missing', async (t) => {
  const { say, verify } = await setUp(t)
  say({ iss: undefined, exp: undefined, scope: undefined, token_type: undefined })
  t.match(await verify('opaque'), { kind: 'verified', token: { scopes: [], endsAt: now + 60_000 } })
})

const refusals: [what: string, claims: Record<string, unknown>, reason: RegExp][] = [
  ['a token that is not active', { active: false }, /not active/],
  ['another issuer', { iss: 'https://other.example.com' }, /"iss"/],
  ['an issuer that is no text', { iss: ['x'] }, /"iss"/],
  ['no audience', { aud: undefined }, /"aud"/],
  ['an audience that is no text', { aud: [7] }, /"aud"/],
  ['an expired token', { exp: seconds - 31 }, /expired/],
  ['an exp that is no instant', { exp: 'soon' }, /"exp"/],
  ['an exp beyond all time', { exp: 1e300 }, /"exp"/],
  ['an iat in the future', { iat: seconds + 60 }, /"iat"/],
  ['a token before its nbf', { nbf: seconds + 60 }, /not valid yet/],
  ['no subject', { sub: undefined }, /"sub"/],
  ['a subject that is no text', { sub: 7 }, /"sub"/],
  ['a DPoP token', { token_type: 'DPoP' }, /"token_type"/],
  ['a refresh token', { token_type: 'refresh_token' }, /"token_type"/],
  ['a type that is no text', { token_type: 7 }, /"token_type"/],
  ['what Keycloak marks as a refresh token', { typ: 'Refresh' }, /"typ"/],
  ['what is marked by its use', { token_use: 'refresh_token' }, /"token_use"/],
  ['an ID token', { nonce: 'x' }, /"nonce"/],
  ['a token that is bound to a certificate', { cnf: { 'x5t#S256': 'x' } }, /"cnf"/],
  ['a token that is bound to a key', { cnf: { jkt: 'x' } }, /"cnf"/],
]
t.test('INTRO-1 refuses', async (t) => {
  const { say, verify } = await setUp(t)
  for (const [what, claims, reason] of refusals) {
    say(claims)
    t.match(await verify(what.replaceAll(' ', '-')), { kind: 'refused', reason }, what)
  }
})

const outages: [what: string, answer: CannedAnswer, retryAfterMs?: number][] = [
  ['500', { status: 500 }],
  ['503', { status: 503, headers: { 'retry-after': '7' } }, 7000],
  ['429', { status: 429, headers: { 'retry-after': '3' } }, 3000],
  ['401', { status: 401, body: '{"error":"invalid_client"}' }],
  ['400', { status: 400, body: '{"error":"invalid_request"}' }],
  ['403', { status: 403, body: '{}' }],
  ['404', { status: 404, body: 'none' }],
  ['a redirect', { status: 302, headers: { location: '/elsewhere' } }],
  ['HTML', { headers: { 'content-type': 'text/html' }, body: '<p>active</p>' }],
  ['HTML by the name of JSON', { body: '<p>active</p>' }],
  ['no "active"', { body: '{"sub":"alice","aud":"https://api.example.com"}' }],
  ['"active" as a text', { body: '{"active":"true","sub":"alice"}' }],
  ['"active" as a number', { body: '{"active":1,"sub":"alice"}' }],
  ['a list', { body: '[{"active":true}]' }],
  ['nothing', { body: '' }],
  ['an error beside a 200', { body: '{"error":"server_error"}' }],
  ['2 MB', { body: `{"active":false,"pad":"${'x'.repeat(2_000_000)}"}` }],
  ['a cut line', 'reset'],
  ['half an answer', 'stall'],
]
t.test('INTRO-2 an answer that is none is 503 for the client, not 401 and not 200', async (t) => {
  for (const [what, answer, retryAfterMs] of outages) {
    const { provider, verify } = await setUp(t, answer === 'stall' ? { timeout: 1000 } : {})
    await verify('a good one')
    provider.answers.set('/introspect', answer)
    t.match(await verify('opaque'), { kind: 'unavailable', retryAfterMs }, what)
    provider.answers.set('/introspect', { body: '{"active":false}' })
    if (retryAfterMs !== undefined) {
      t.match(await verify('other'), { kind: 'unavailable' }, `${what}: left alone`)
      t.equal(provider.callsTo('/introspect'), 2)
    }
    // Its deadline is short, and so no measure of what comes in time.
    if (answer === 'stall') continue
    const later = now + (retryAfterMs ?? 0)
    t.match(await verify('opaque', later), { kind: 'refused' }, `${what}: and then it is back`)
  }
})

t.test('INTRO-2 a provider without the endpoint is not asked', async (t) => {
  const { provider, party, verify } = await setUp(t)
  delete provider.metadata['introspection_endpoint']
  t.match(await verify('opaque'), { kind: 'unavailable', reason: /introspection_endpoint/ })
  await t.rejects(party.checkOnline(), { message: /introspection_endpoint/ })
})

t.test('INTRO-2 a hundred requests with one token make one call', async (t) => {
  const { verify, calls } = await setUp(t)
  const verdicts = await Promise.all(Array.from({ length: 100 }, () => verify('opaque')))
  t.equal(calls(), 1)
  t.equal(new Set(verdicts.map((each) => each.kind === 'verified' && each.token)).size, 1)
  await verify('opaque', now + 59_999)
  t.equal(calls(), 1)
  await verify('opaque', now + 60_000)
  t.equal(calls(), 2)
})

t.test('INTRO-2 an answer counts no longer than the token', async (t) => {
  const { say, verify, calls } = await setUp(t, { clockTolerance: 0 })
  say({ exp: seconds + 20 })
  await verify('opaque')
  await verify('opaque', (seconds + 20) * 1000 - 1)
  t.equal(calls(), 1)
  t.match(await verify('opaque', (seconds + 20) * 1000), { kind: 'refused', reason: /expired/ })
  t.equal(calls(), 2)
})

t.test('INTRO-2 with introspectionMaxAge 0s each request asks', async (t) => {
  const { say, verify, calls } = await setUp(t, { introspectionMaxAge: 0 })
  await verify('opaque')
  await verify('opaque')
  say({ active: false })
  t.match(await verify('opaque'), { kind: 'refused' })
  say({})
  t.match(await verify('opaque'), { kind: 'verified' })
  t.equal(calls(), 4)
})

t.test('INTRO-2 a refusal counts for ten seconds', async (t) => {
  const { say, verify, calls } = await setUp(t)
  say({ active: false })
  for (const at of [now, now + 1, now + 9999]) {
    t.match(await verify('opaque', at), { kind: 'refused' })
  }
  t.equal(calls(), 1)
  say({})
  t.match(await verify('opaque', now + 10_000), { kind: 'verified' })
})

t.test('INTRO-2 made-up tokens are not asked about without bound', async (t) => {
  const { provider, verify, calls } = await setUp(t, { timeout: 300 })
  await verify('discovered')
  provider.answers.set('/introspect', 'hang')
  const verdicts = await Promise.all(
    Array.from({ length: 400 }, (_, index) => verify(`made-up-${index}`)),
  )
  t.ok(verdicts.every(({ kind }) => kind === 'unavailable'))
  t.ok(calls() <= 257)
})

const jwtOf = (issuer: string) =>
  forgeToken(
    { alg: 'RS256', kid: signingKey.kid, typ: 'at+jwt' },
    { iss: issuer, aud: 'a', sub: 'bob', iat: seconds, exp: seconds + 60 },
    signingKey.privateKey,
  )

t.test('INTRO-1 a JWT is asked about only where the provider says so', async (t) => {
  const auto = await setUp(t)
  t.match(await auto.verify(jwtOf(auto.provider.issuer)), {
    kind: 'verified',
    token: { identity: { sub: 'bob' } },
  })
  t.equal(auto.calls(), 0)
  const always = await setUp(t, { accessTokenVerification: 'introspection' })
  t.match(await always.verify(jwtOf(always.provider.issuer)), {
    kind: 'verified',
    token: { identity: { sub: 'alice' } },
  })
  t.match(await always.verify(jwtOf('https://other.example.com')), { kind: 'refused' })
  t.equal(always.calls(), 1, 'and another issuer’s is shown to nobody')
})

t.test('K14 a JWT that leaves out who it is about is told by the provider', async (t) => {
  const { provider, verify } = await setUp(t, { accessTokenVerification: 'introspection' })
  const lightweight = { iss: provider.issuer, iat: seconds, exp: seconds + 60, jti: 'one' }
  const header = { alg: 'RS256', kid: signingKey.kid, typ: 'JWT' }
  t.match(await verify(forgeToken(header, lightweight, signingKey.privateKey)), {
    kind: 'verified',
    token: { identity: { sub: 'alice', claims: { groups: ['staff'] } } },
  })
})

t.test('an opaque token is shown to the one provider that is asked about such', async (t) => {
  const asked = await setUp(t)
  const other = await setUp(t, { id: 'other', accessTokenVerification: 'jwt' })
  const bearer = createBearerTokens([other.party, asked.party])
  t.match(await bearer.verify('opaque', undefined, now), { kind: 'verified' })
  t.match(await bearer.verify('opaque', 'other', now), { kind: 'refused' })
  const third = await setUp(t, { id: 'third' })
  const ambiguous = createBearerTokens([third.party, asked.party])
  t.match(await ambiguous.verify('opaque', undefined, now), { kind: 'refused' })
  t.match(await ambiguous.verify('opaque', 'third', now), { kind: 'verified' })
  t.same([other.calls(), asked.calls(), third.calls()], [0, 1, 1])
})

t.test('INTRO-3 signed answers are verified', async (t) => {
  const { provider, right, say, verify } = await setUp(t, {
    introspectionSignedResponseAlg: 'ES256',
  })
  const type = { 'content-type': 'application/token-introspection+jwt' }
  function sayAs(
    claims: Record<string, unknown>,
    header: Record<string, unknown> = {},
    key = ec.privateKey,
    headers: Record<string, string> = type,
  ) {
    const body = forgeToken(
      { alg: 'ES256', kid: ec.kid, typ: 'token-introspection+jwt', ...header },
      { iss: provider.issuer, aud: 'app', iat: seconds, token_introspection: right, ...claims },
      key,
    )
    provider.answers.set('/introspect', { headers, body })
  }
  let count = 0
  const verdict = () => verify(`opaque-${(count += 1)}`)

  sayAs({})
  t.match(await verdict(), { kind: 'verified', token: { identity: { sub: 'alice' } } })
  sayAs({ token_introspection: { active: false } })
  t.match(await verdict(), { kind: 'refused', reason: /not active/ })
  sayAs({ token_introspection: { ...right, exp: seconds - 60 } })
  t.match(await verdict(), { kind: 'refused', reason: /expired/ })

  const unusable: [what: string, () => void][] = [
    ['unsigned', () => say({})],
    ['by another key', () => sayAs({}, {}, stranger.privateKey)],
    ['by another algorithm', () => sayAs({}, { alg: 'RS256' }, signingKey.privateKey)],
    ['with alg none', () => sayAs({}, { alg: 'none' })],
    ['of another type', () => sayAs({}, { typ: 'JWT' })],
    ['without a type', () => sayAs({}, { typ: undefined })],
    ['of another issuer', () => sayAs({ iss: 'https://other.example.com' })],
    ['for another client', () => sayAs({ aud: 'other' })],
    ['without an answer', () => sayAs({ token_introspection: undefined })],
    ['with a text as the answer', () => sayAs({ token_introspection: 'active' })],
    ['by the name of JSON', () => sayAs({}, {}, ec.privateKey, {})],
  ]
  for (const [what, answer] of unusable) {
    answer()
    t.match(await verdict(), { kind: 'unavailable' }, what)
  }
  const calls = provider.calls.filter(({ path }) => path === '/introspect')
  t.equal(calls.length, count)
})

t.test('INTRO-3 a signed answer that nobody asked for is not taken', async (t) => {
  const { provider, right, verify } = await setUp(t)
  const body = forgeToken(
    { alg: 'RS256', kid: signingKey.kid, typ: 'token-introspection+jwt' },
    { iss: provider.issuer, aud: 'app', iat: seconds, token_introspection: right },
    signingKey.privateKey,
  )
  const headers = { 'content-type': 'application/token-introspection+jwt' }
  provider.answers.set('/introspect', { headers, body })
  t.match(await verify('opaque'), { kind: 'unavailable' })
})

import t from 'tap'
import { createTestKey, publicJwk, signingKey } from '../helpers/hostile-provider.js'
import { setUpHostile } from './hostile-login.js'

const seconds = () => Math.floor(Date.now() / 1000)

for (const [title, claims] of Object.entries({
  'another subject': { sub: 'mallory' },
  'another issuer': { iss: 'https://attacker.example.com' },
  'another audience': { aud: 'other' },
  'one audience fewer': { aud: 'app', azp: 'app' },
  'another authentication time': { auth_time: 1_700_000_001 },
  'another nonce': { nonce: 'other' },
  'an issue time before the first one': { iat: seconds() - 100 },
  'no subject': { sub: undefined },
  'another subject, expired': { sub: 'mallory', exp: 1 },
  'no expiry': { exp: undefined },
})) {
  t.test(`CORE-19 ends the session for a refreshed ID token with ${title}`, async (t) => {
    const { provider, party, session } = await setUpHostile(t, { trustedAudiences: ['api'] })
    const login = { auth_time: 1_700_000_000, aud: ['app', 'api'], azp: 'app' }
    provider.claims = login
    const before = await session()
    provider.claims = { ...login, ...claims }
    t.match(await party.refresh(before, Date.now()), { kind: 'rejected', reason: /ERR_ID_TOKEN_/ })
  })
}

t.test(
  'CORE-19 B16-7 ends the session for another authorized party or a wrong signature',
  async (t) => {
    const { provider, party, session } = await setUpHostile(t)
    const before = await session()
    provider.claims = { azp: 'other' }
    t.match(await party.refresh(before, Date.now()), { kind: 'rejected' })
    provider.claims = {}
    provider.signWith = createTestKey('x').privateKey
    t.match(await party.refresh(before, Date.now()), { kind: 'rejected', reason: /SIGNATURE/ })
    provider.header = { alg: 'none' }
    t.match(await party.refresh(before, Date.now()), { kind: 'rejected', reason: /ALGORITHM/ })
  },
)

t.test(
  'CORE-19 accepts a refreshed ID token with the nonce of the login, or without',
  async (t) => {
    const { provider, party, session } = await setUpHostile(t)
    const before = await session()
    provider.claims = { nonce: before.identity.claims['nonce'], groups: ['new'] }
    t.match(await party.refresh(before, Date.now()), {
      kind: 'refreshed',
      identity: { sub: 'alice', claims: { groups: ['new'] } },
    })
    provider.claims = { groups: ['newer'] }
    t.match(await party.refresh(before, Date.now()), {
      kind: 'refreshed',
      identity: { claims: { groups: ['newer'] } },
    })
  },
)

t.test('CORE-19 keeps sid and authentication time when a refresh leaves them out', async (t) => {
  const { provider, party, session } = await setUpHostile(t)
  provider.claims = { sid: 'session-1', auth_time: 1_700_000_000 }
  const before = await session()
  provider.claims = {}
  t.match(await party.refresh(before, Date.now()), {
    kind: 'refreshed',
    identity: { sid: 'session-1', authenticatedAt: 1_700_000_000_000 },
  })
})

t.test('STEP-2 how a person authenticated stays known when a refresh leaves it out', async (t) => {
  const { provider, party, session } = await setUpHostile(t)
  provider.claims = { acr: 'mfa', amr: ['otp'] }
  const before = await session()
  provider.claims = {}
  const claims = { acr: 'mfa', amr: ['otp'] }
  t.match(await party.refresh(before, Date.now()), { identity: { claims } })
  provider.claims = { acr: 'pwd' }
  t.match(await party.refresh(before, Date.now()), { identity: { claims: { acr: 'pwd' } } })
})

t.test('CORE-19 a response without ID token keeps the identity and the old ID token', async (t) => {
  const { provider, party, session } = await setUpHostile(t)
  const before = await session()
  provider.tokens = { id_token: undefined }
  const outcome = await party.refresh(before, Date.now())
  if (outcome.kind !== 'refreshed') throw new Error(outcome.reason)
  t.equal(outcome.identity, undefined)
  t.equal(outcome.tokens.idToken, before.tokens.idToken)
  t.not(outcome.tokens.accessToken, before.tokens.accessToken)
})

t.test('CORE-19 a response that repeats the old ID token keeps the identity', async (t) => {
  const { provider, party, session } = await setUpHostile(t)
  const before = await session()
  provider.tokens = { id_token: before.tokens.idToken, refresh_token: 'rotated' }
  const longAfter = Date.now() + 7_200_000
  // Everybody's clock: openid-client has none that it could be told.
  t.intercept(Date, 'now', { value: () => longAfter })
  const outcome = await party.refresh(before, longAfter)
  const tokens = { idToken: before.tokens.idToken, refreshToken: 'rotated' }
  t.match(outcome, { kind: 'refreshed', tokens })
  t.notOk('identity' in outcome)
})

for (const [title, behindMs] of [
  ['a minute behind', 60_000],
  ['ten minutes ahead', -600_000],
  ['two hours ahead', -7_200_000],
] as const) {
  t.test(`CORE-19 a clock that is ${title} costs no session`, async (t) => {
    const { provider, party, session, warnings } = await setUpHostile(t)
    const before = await session()
    provider.tokens = { refresh_token: 'rotated' }
    const outcome = await party.refresh(before, Date.now() - behindMs)
    const tokens = { idToken: before.tokens.idToken, refreshToken: 'rotated' }
    t.match(outcome, { kind: 'refreshed', tokens })
    t.notOk('identity' in outcome)
    t.same(warnings, ['refreshed without a new identity'])
    provider.claims = { sub: 'mallory' }
    t.match(await party.refresh(before, Date.now() - behindMs), { kind: 'rejected' })
  })
}

t.test('CORE-20 a response without refresh token keeps the old one', async (t) => {
  const { provider, party, session } = await setUpHostile(t)
  provider.tokens = { scope: 'openid email' }
  const before = await session()
  for (const refreshToken of [undefined, null, '', 7]) {
    provider.tokens = { refresh_token: refreshToken }
    const outcome = await party.refresh(before, Date.now())
    t.match(outcome, {
      kind: 'refreshed',
      tokens: { refreshToken: before.tokens.refreshToken, scope: 'openid email' },
    })
  }
  provider.tokens = { refresh_token: 'rotated' }
  t.match(await party.refresh(before, Date.now()), { tokens: { refreshToken: 'rotated' } })
  const sent = provider.calls.findLast(({ path }) => path === '/token')?.form
  t.same(Object.fromEntries(sent ?? []), {
    grant_type: 'refresh_token',
    refresh_token: before.tokens.refreshToken,
  })
})

for (const [title, answer, outcome] of [
  ['invalid_grant', { status: 400, body: '{"error":"invalid_grant"}' }, { kind: 'rejected' }],
  [
    'invalid_grant with 401',
    { status: 401, headers: { 'www-authenticate': 'Bearer' }, body: '{"error":"invalid_grant"}' },
    { kind: 'rejected' },
  ],
  ['invalid_client', { status: 401, body: '{"error":"invalid_client"}' }, { kind: 'unavailable' }],
  [
    'unauthorized_client',
    { status: 400, body: '{"error":"unauthorized_client"}' },
    { kind: 'unavailable' },
  ],
  [
    'temporarily_unavailable',
    { status: 400, body: '{"error":"temporarily_unavailable"}' },
    { kind: 'unavailable' },
  ],
  [
    '429 with Retry-After',
    { status: 429, headers: { 'retry-after': '11' } },
    { kind: 'unavailable', retryAfterMs: 11_000 },
  ],
  [
    '503',
    { status: 503, headers: { 'retry-after': '999999' } },
    { kind: 'unavailable', retryAfterMs: 3_600_000 },
  ],
  [
    '500 that claims invalid_grant',
    { status: 500, body: '{"error":"invalid_grant"}' },
    { kind: 'unavailable' },
  ],
  [
    'HTML with 200',
    { headers: { 'content-type': 'text/html' }, body: '<h1>Hi</h1>' },
    { kind: 'unavailable' },
  ],
  ['JSON without tokens', { body: '{}' }, { kind: 'unavailable' }],
  ['a cut line', 'reset', { kind: 'unavailable' }],
  ['half an answer', 'stall', { kind: 'unavailable', reason: /within 1000 ms/ }],
  ['silence', 'hang', { kind: 'unavailable', reason: /within 1000 ms/ }],
] as const) {
  t.test(`RF-3 a refresh answered with ${title} is ${outcome.kind}`, async (t) => {
    const { provider, party, session } = await setUpHostile(t, { timeout: 1000 })
    const before = await session()
    provider.answers.set('/token', answer)
    t.match(await party.refresh(before, Date.now()), outcome)
    provider.answers.delete('/token')
    if (outcome.kind === 'unavailable') {
      t.match(await party.refresh(before, Date.now()), { kind: 'refreshed' })
    }
  })
}

t.test('RF-4 the new expiry counts from the start of the refresh', async (t) => {
  const { provider, party, session } = await setUpHostile(t)
  const before = await session()
  provider.tokens = { expires_in: 5 }
  const now = Date.now()
  t.match(await party.refresh(before, now), {
    kind: 'refreshed',
    tokens: { accessTokenIssuedAt: now, accessTokenExpiresAt: now + 5000 },
  })
})

t.test('RF-3 without a refresh token a session ends with its access token', async (t) => {
  const { provider, party, session } = await setUpHostile(t)
  provider.tokens = { refresh_token: undefined }
  const before = await session()
  t.match(await party.refresh(before, Date.now()), { kind: 'unavailable' })
  const later = before.tokens.accessTokenExpiresAt
  t.match(await party.refresh(before, later), { kind: 'rejected' })
  t.equal(provider.callsTo('/token'), 1, 'only the login')
})

t.test('RF-9 userinfo is read again at a refresh, with or without an ID token', async (t) => {
  const { provider, party, session } = await setUpHostile(t, { userinfo: 'always' })
  provider.userinfo = { sub: 'alice', groups: ['staff'] }
  const before = await session()
  provider.userinfo = { sub: 'alice', groups: [] }
  t.match(await party.refresh(before, Date.now()), { identity: { claims: { groups: [] } } })
  provider.tokens = { id_token: undefined }
  const outcome = await party.refresh(before, Date.now())
  t.match(outcome, { identity: { sub: 'alice', claims: { iss: provider.issuer, groups: [] } } })
})

t.test('RF-9 userinfo about somebody else ends the session', async (t) => {
  const { provider, party, session } = await setUpHostile(t, { userinfo: 'always' })
  const before = await session()
  provider.userinfo = { sub: 'mallory' }
  t.match(await party.refresh(before, Date.now()), { kind: 'rejected' })
})

t.test('RF-9 userinfo that fails does not lose the rotated tokens', async (t) => {
  const { provider, party, session, warnings } = await setUpHostile(t, { userinfo: 'always' })
  const before = await session()
  provider.tokens = { refresh_token: 'rotated' }
  for (const answer of [{ status: 503 }, { status: 401 }, { body: '[]' }, 'reset'] as const) {
    provider.answers.set('/userinfo', answer)
    const outcome = await party.refresh(before, Date.now())
    t.match(outcome, { kind: 'refreshed', tokens: { refreshToken: 'rotated' } })
    t.notOk('identity' in outcome)
  }
  t.same(
    warnings,
    Array.from({ length: 4 }, () => 'refreshed without a new identity'),
  )
})

t.test('CORE-19 keys that cannot be had do not lose the rotated tokens', async (t) => {
  const { provider, party, session } = await setUpHostile(t)
  const before = await session()
  provider.tokens = { refresh_token: 'rotated' }
  provider.header = { kid: 'key-new' }
  provider.answers.set('/jwks', { status: 503 })
  for (let count = 0; count < 2; count++) {
    const outcome = await party.refresh(before, Date.now())
    t.match(outcome, {
      kind: 'refreshed',
      tokens: { refreshToken: 'rotated', idToken: before.tokens.idToken },
    })
    t.notOk('identity' in outcome)
  }
  t.equal(provider.callsTo('/jwks'), 2, 'one at the login, one for the unknown key')
})

t.test('CORE-19 an old key goes on verifying while the JWKS endpoint is down', async (t) => {
  const { provider, party, session } = await setUpHostile(t)
  const before = await session()
  provider.answers.set('/jwks', 'reset')
  provider.claims = { groups: ['new'] }
  t.match(await party.refresh(before, Date.now()), { identity: { claims: { groups: ['new'] } } })
  t.equal(provider.signWith, signingKey.privateKey)
})

t.test('CORE-19 B16-2 a key rotated while nobody may look costs no session', async (t) => {
  const { provider, party, session } = await setUpHostile(t)
  const before = await session()
  provider.header = { kid: 'unknown' }
  t.match(await party.refresh(before, Date.now()), { kind: 'rejected', reason: /ID_TOKEN_KEY/ })
  const rotated = createTestKey('rotated')
  provider.jwks = { keys: [publicJwk(rotated)] }
  provider.header = { kid: 'rotated' }
  provider.signWith = rotated.privateKey
  const outcome = await party.refresh(before, Date.now())
  t.match(outcome, { kind: 'refreshed', tokens: { idToken: before.tokens.idToken } })
  t.notOk('identity' in outcome)
})

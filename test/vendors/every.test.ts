import t, { type Test } from 'tap'
import { claimValues, isEmailVerified, readClaim } from '../../src/identity/claims.js'
import type { CannedAnswer } from '../helpers/hostile-provider.js'
import { setUpHostile } from '../oidc/hostile-login.js'

for (const [filterScopes, supported, sent] of [
  ['none', ['openid'], 'openid email offline_access'],
  ['offline_access', ['openid'], 'openid email'],
  ['all', ['email'], 'openid email'],
  ['all', undefined, 'openid email offline_access'],
  ['all', 'openid', 'openid email offline_access'],
] as const) {
  const listed = JSON.stringify(supported)
  t.test(
    `X1 of scopes with ${listed} listed and ${filterScopes} filtered "${sent}" is sent`,
    async (t) => {
      const { provider, begin } = await setUpHostile(t, {
        scopes: ['openid', 'email', 'offline_access'],
        filterScopes,
      })
      provider.metadata['scopes_supported'] = supported
      t.equal(new URL((await begin()).url).searchParams.get('scope'), sent)
    },
  )
}

for (const [title, value] of [
  ['a text', 'staff'],
  ['a text with commas', 'it, staff'],
  ['a list', ['it', 'staff']],
  ['a list of objects', [{ name: 'it' }, { name: 'staff', id: 7 }]],
  ['a JSON list in a text', '["it","staff"]'],
] as const) {
  t.test(`X2 groups may be ${title}`, async (t) => {
    t.ok(claimValues(value).includes('staff'))
  })
}

t.test('X3 a claim name may hold a dot, a slash or a colon, and a path is a list', async (t) => {
  const claims = {
    'a.b': 1,
    'https://app.example.com/roles': 2,
    'cognito:groups': 3,
    a: { b: 4, 'c/d': { e: 5 } },
    clients: { one: { roles: ['x'] }, two: { roles: ['y', 'z'] }, three: {}, '*': undefined },
    any: { one: { roles: ['x'] }, two: { roles: ['y'] }, three: { other: 1 } },
  }
  t.equal(readClaim(claims, 'a.b'), 1)
  t.equal(readClaim(claims, 'https://app.example.com/roles'), 2)
  t.equal(readClaim(claims, 'cognito:groups'), 3)
  t.equal(readClaim(claims, ['a', 'b']), 4)
  t.equal(readClaim(claims, ['a', 'c/d', 'e']), 5)
  t.same(readClaim(claims, ['any', '*', 'roles']), ['x', 'y'])
  t.same(readClaim(claims, ['any', '*', 'constructor']), [])
  t.equal(readClaim(claims, ['clients', '*', 'roles']), undefined, 'a member of that very name')
})

t.test('X4 truth may be a text', async (t) => {
  for (const email_verified of [true, 'true']) t.ok(isEmailVerified({ email_verified }))
  for (const email_verified of [false, 'false', 0, 1, '1', '', 'yes', null, {}, undefined]) {
    t.notOk(isEmailVerified({ email_verified }), JSON.stringify(email_verified))
  }
})

const busy: CannedAnswer = { status: 429, headers: { 'retry-after': '7' }, body: '{}' }

for (const path of ['/token', '/userinfo', '/jwks']) {
  t.test(
    `X5 a login that ${path} answers with 429 may be tried again when that says`,
    async (t) => {
      const { provider, logIn } = await setUpHostile(t, { userinfo: 'always' })
      provider.answers.set(path, busy)
      await t.rejects(logIn(), { code: 'ERR_PROVIDER_UNAVAILABLE', retryAfterMs: 7000 })
      provider.answers.delete(path)
      t.match(await logIn(), { identity: { sub: 'alice' } })
    },
  )
}

t.test(
  'X5 a refresh that is answered with 429 keeps the session, and waits as long as that says',
  async (t) => {
    const { provider, party, session } = await setUpHostile(t)
    const begun = await session()
    provider.answers.set('/token', busy)
    t.match(await party.refresh(begun, Date.now()), { kind: 'unavailable', retryAfterMs: 7000 })
  },
)

t.test('X6 a client secret that is no longer right keeps the sessions', async (t) => {
  const { provider, party, session } = await setUpHostile(t)
  const begun = await session()
  provider.answers.set('/token', { status: 401, body: '{"error":"invalid_client"}' })
  t.match(await party.refresh(begun, Date.now()), {
    kind: 'unavailable',
    reason: /REJECTED_CLIENT/,
  })
})

const page: CannedAnswer = { headers: { 'content-type': 'text/html' }, body: '<h1>Sorry</h1>' }

for (const [path, code] of [
  ['/token', 'ERR_TOKEN_RESPONSE'],
  ['/userinfo', 'ERR_PROVIDER_USERINFO'],
  ['/jwks', 'ERR_PROVIDER_KEYS'],
] as const) {
  t.test(`X7 a page with 200 in the place of ${path} is refused for what it is`, async (t) => {
    const { provider, logIn } = await setUpHostile(t, { userinfo: 'always' })
    provider.answers.set(path, page)
    await t.rejects(logIn(), { code })
  })
}

t.test('X7 a refresh that a page answers ends nothing', async (t) => {
  const { provider, party, session } = await setUpHostile(t)
  const begun = await session()
  provider.answers.set('/token', page)
  t.match(await party.refresh(begun, Date.now()), { kind: 'unavailable' })
})

const login = async (t: Test, claims: Record<string, unknown>, trustedAudiences: string[] = []) => {
  const { provider, logIn } = await setUpHostile(t, { trustedAudiences })
  provider.claims = claims
  return logIn()
}

t.test('X8 several audiences need to be known, and `azp` to be the client', async (t) => {
  const aud = ['app', 'api']
  t.match(await login(t, { aud, azp: 'app' }, ['api']), { identity: { sub: 'alice' } })
  await t.rejects(login(t, { aud, azp: 'app' }), { code: 'ERR_ID_TOKEN_AUDIENCE' })
  await t.rejects(login(t, { aud, azp: 'api' }, ['api']), { code: 'ERR_ID_TOKEN_AUTHORIZED_PARTY' })
})

t.test('X9 clocks may differ by the tolerance that is set', async (t) => {
  const seconds = Math.floor(Date.now() / 1000)
  for (const [skew, ok] of [
    [-60, true],
    [60, true],
    [120, false],
  ] as const) {
    const { provider, logIn } = await setUpHostile(t, { clockTolerance: 90_000 })
    provider.claims = { iat: seconds + skew, nbf: seconds + skew, exp: seconds + skew + 300 }
    if (ok) t.match(await logIn(), { identity: { sub: 'alice' } }, String(skew))
    else await t.rejects(logIn(), { code: 'ERR_ID_TOKEN_ISSUED_AT' })
  }
})

t.test('X11 an answer that is too long for an address may come as a form', async (t) => {
  const { begin } = await setUpHostile(t, { responseMode: 'form_post' })
  t.equal(new URL((await begin()).url).searchParams.get('response_mode'), 'form_post')
})

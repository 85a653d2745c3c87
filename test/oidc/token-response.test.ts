import { inspect } from 'node:util'
import t from 'tap'
import { accessTokenExpiry } from '../../src/oidc/access-token-expiry.js'
import { OidcError } from '../../src/oidc/errors.js'
import { tolerateTokenResponse } from '../../src/oidc/token-response.js'
import { forgeToken } from '../helpers/hostile-provider.js'
import { setUpHostile } from './hostile-login.js'

const lifetimeOf = ({
  tokens,
}: {
  tokens: { accessTokenExpiresAt: number; accessTokenIssuedAt: number }
}) => tokens.accessTokenExpiresAt - tokens.accessTokenIssuedAt

for (const [title, members, lifetimeMs] of [
  ['a token type in other letters', { token_type: 'bEARER' }, 60_000],
  ['a missing lifetime', { expires_in: undefined }, 300_000],
  ['B16-24 a lifetime as text', { expires_in: '3600' }, 3_600_000],
  ['B16-24 a lifetime of zero', { expires_in: 0 }, 300_000],
  ['a lifetime that is no number', { expires_in: 'soon' }, 300_000],
  ['a negative lifetime', { expires_in: -5 }, 300_000],
  ['a lifetime of null', { expires_in: null }, 300_000],
  ['B16-4 a lifetime beyond all bounds', { expires_in: 1e300 }, 365 * 86_400_000],
  ['unknown members', { session_state: 'x', 'not-before-policy': 0 }, 60_000],
  ['a scope that is no text', { scope: ['openid'] }, 60_000],
  ['a refresh token of null', { refresh_token: null }, 60_000],
] as const) {
  t.test(`CORE-26 tolerates ${title}`, async (t) => {
    const { provider, logIn } = await setUpHostile(t)
    provider.tokens = members
    t.equal(lifetimeOf(await logIn()), lifetimeMs)
  })
}

t.test('CORE-26 tolerates parameters of the content type', async (t) => {
  const { provider, begin, party } = await setUpHostile(t)
  const login = await begin()
  const right = await party.finishLogin(login)
  t.ok(right)
  const next = await begin()
  const body = JSON.stringify({
    access_token: 'a',
    token_type: 'bearer',
    id_token: right.tokens.idToken,
  })
  provider.answers.set('/token', {
    body,
    headers: { 'content-type': 'Application/JSON; charset="utf-8"' },
  })
  await t.rejects(party.finishLogin(next), { code: 'ERR_ID_TOKEN_NONCE' }, 'the body was read')
})

for (const [title, members] of Object.entries({
  'no token type': { token_type: undefined },
  'another token type': { token_type: 'mac' },
  'a DPoP-bound token': { token_type: 'DPoP' },
  'no access token': { access_token: undefined },
  'an empty access token': { access_token: '' },
  'an access token with a line break': { access_token: 'a\r\nX-Injected: 1' },
})) {
  t.test(`CORE-26 rejects ${title}`, async (t) => {
    const { provider, logIn } = await setUpHostile(t)
    provider.tokens = members
    await t.rejects(logIn(), { code: 'ERR_TOKEN_RESPONSE' })
  })
}

for (const [title, answer, expected] of [
  [
    'a used code',
    { status: 400, body: '{"error":"invalid_grant"}' },
    { code: 'ERR_CALLBACK_CODE_REJECTED', providerError: 'invalid_grant' },
  ],
  [
    'a rejected client',
    { status: 401, body: '{"error":"invalid_client"}' },
    { code: 'ERR_PROVIDER_REJECTED_CLIENT' },
  ],
  [
    'a rejected client with a challenge',
    {
      status: 401,
      headers: { 'www-authenticate': 'Basic realm="x"' },
      body: '{"error":"invalid_client"}',
    },
    { code: 'ERR_PROVIDER_REJECTED_CLIENT' },
  ],
  [
    'another error',
    { status: 400, body: '{"error":"invalid_request"}' },
    { code: 'ERR_TOKEN_RESPONSE', providerError: 'invalid_request' },
  ],
  [
    'too many requests',
    { status: 429, headers: { 'retry-after': '7' } },
    { code: 'ERR_PROVIDER_UNAVAILABLE', retryAfterMs: 7000 },
  ],
  ['a failure', { status: 503 }, { code: 'ERR_PROVIDER_UNAVAILABLE' }],
  [
    'a failure that claims invalid_grant',
    { status: 500, body: '{"error":"invalid_grant"}' },
    { code: 'ERR_PROVIDER_UNAVAILABLE' },
  ],
  [
    'X7 a page instead of tokens',
    { headers: { 'content-type': 'text/html' }, body: '<h1>Maintenance</h1>' },
    { code: 'ERR_TOKEN_RESPONSE' },
  ],
  ['a list', { body: '[]' }, { code: 'ERR_TOKEN_RESPONSE' }],
  ['nothing', { body: '' }, { code: 'ERR_TOKEN_RESPONSE' }],
  [
    'a redirect',
    { status: 307, headers: { location: '/elsewhere' } },
    { code: 'ERR_TOKEN_RESPONSE' },
  ],
  [
    'more than a mebibyte',
    { body: `{"a":"${'x'.repeat(1_100_000)}"}` },
    { code: 'ERR_PROVIDER_UNAVAILABLE' },
  ],
  ['a cut line', 'reset', { code: 'ERR_PROVIDER_UNAVAILABLE' }],
] as const) {
  t.test(`the token endpoint answers the code with ${title}`, async (t) => {
    const { provider, logIn } = await setUpHostile(t)
    provider.answers.set('/token', answer)
    await t.rejects(logIn(), expected)
    t.equal(provider.callsTo('/token'), 1, 'asked once')
    t.equal(provider.callsTo('/elsewhere'), 0, 'no redirect followed')
  })
}

t.test('a token endpoint that never answers is given up after the timeout', async (t) => {
  const { provider, logIn } = await setUpHostile(t, { timeout: 1000 })
  provider.answers.set('/token', 'hang')
  await t.rejects(logIn(), { code: 'ERR_PROVIDER_UNAVAILABLE', message: /within 1000 ms/ })
})

t.test('errors, with all their causes, never hold the code, a token or the secret', async (t) => {
  const { provider, party, begin } = await setUpHostile(t)
  for (const members of [
    { token_type: undefined },
    { id_token: undefined },
    { id_token: 'a.b.c' },
    { id_token: 'secret-id-token' },
    { error: 'invalid_grant', access_token: undefined },
  ]) {
    const login = await begin()
    const { code = '' } = Object.fromEntries(login.parameters)
    provider.tokens = {
      access_token: 'secret-access-token',
      refresh_token: 'secret-refresh-token',
      echo: code,
      ...members,
    }
    const failure = await party.finishLogin(login).catch((thrown: unknown) => thrown)
    t.ok(failure instanceof OidcError)
    const shown = inspect(failure, { depth: 20, showHidden: true })
    for (const secret of [code, login.transaction.codeVerifier, 'secret-', 'client secret']) {
      t.notOk(shown.includes(secret), `${JSON.stringify(members)} ${secret}`)
    }
  }
})

const told = (accessTokenExpiresAt: number) => ({
  accessTokenExpiresAt,
  accessTokenExpiryAssumed: false,
})

const jwt = (exp: unknown) => forgeToken({ alg: 'none' }, { exp, sub: 'x' }, '')

t.test(
  'B.15 RF-4 the expiry comes from expires_in, else from a JWT, else from the default',
  async (t) => {
    const now = 1_800_000_000_000
    const options = { expiresInSeconds: undefined, defaultLifetimeMs: 300_000, now }
    const soon = { ...options, expiresInSeconds: 5 }
    t.strictSame(accessTokenExpiry('opaque', soon), told(now + 5000))
    t.strictSame(accessTokenExpiry(jwt(1_800_000_090), options), told(now + 90_000))
    t.strictSame(accessTokenExpiry(jwt(1_800_000_090), soon), told(now + 5000))
    for (const token of [
      'opaque',
      'a.b.c',
      '..',
      jwt('later'),
      jwt(1e300),
      jwt(1),
      jwt(undefined),
    ]) {
      t.strictSame(accessTokenExpiry(token, options), {
        accessTokenExpiresAt: now + 300_000,
        accessTokenExpiryAssumed: true,
      })
    }
  },
)

t.test('tolerateTokenResponse leaves alone what it does not know', async (t) => {
  for (const text of ['', 'x', '[1]', '"a"', '<p>']) t.equal(tolerateTokenResponse(text), text)
  t.equal(
    tolerateTokenResponse('{"error":"invalid_grant","expires_in":{}}'),
    '{"error":"invalid_grant"}',
  )
})

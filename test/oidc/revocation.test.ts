import t from 'tap'
import { until } from '../session/fixtures.js'
import { setUpHostile } from './hostile-login.js'

const path = '/revoke'

async function setUp(t: Parameters<typeof setUpHostile>[0], settings = {}) {
  const hostile = await setUpHostile(t, settings)
  const { provider, party } = hostile
  provider.metadata['revocation_endpoint'] = `${provider.issuer}${path}`
  provider.answers.set(path, { body: '' })
  await party.checkOnline()
  const { tokens } = await hostile.logIn()
  const calls = () => provider.calls.filter((call) => call.path === path)
  return { ...hostile, tokens, calls }
}

t.test('REV-1 revokes the refresh token, then the access token, as the client', async (t) => {
  const { party, tokens, calls } = await setUp(t)
  t.same(await party.revoke(tokens), [
    { token: 'refresh_token', outcome: 'revoked' },
    { token: 'access_token', outcome: 'revoked' },
  ])
  t.same(
    calls().map(({ method, form }) => [method, form.get('token'), form.get('token_type_hint')]),
    [
      ['POST', tokens.refreshToken, 'refresh_token'],
      ['POST', tokens.accessToken, 'access_token'],
    ],
  )
  for (const { authorization } of calls()) t.match(authorization, /^Basic /)
})

t.test('REV-1 a session without refresh token revokes its access token', async (t) => {
  const { party, tokens, calls } = await setUp(t)
  const { accessToken } = tokens
  t.same(await party.revoke({ accessToken }), [{ token: 'access_token', outcome: 'revoked' }])
  t.equal(calls().length, 1)
})

t.test('REV-1 asks nothing of a provider without revocation endpoint', async (t) => {
  const { party, provider, logIn } = await setUpHostile(t)
  const { tokens } = await logIn()
  t.same(await party.revoke(tokens), [])
  t.equal(provider.callsTo(path), 0)
})

t.test('REV-1 gives up after the timeout, and never throws', async (t) => {
  const { party, provider, tokens } = await setUp(t, { timeout: 100 })
  for (const answer of ['hang', 'stall', 'reset'] as const) {
    provider.answers.set(path, answer)
    const reports = await party.revoke(tokens)
    t.same(
      reports.map(({ outcome }) => outcome),
      ['unavailable', 'unavailable'],
      answer,
    )
    const everything = JSON.stringify(reports)
    t.notOk(everything.includes(tokens.accessToken))
  }
  await provider.stop()
  t.match(await party.revoke(tokens), [{ outcome: 'unavailable' }, { outcome: 'unavailable' }])
})

t.test('REV-2 a refused token is no failure of the sign-out', async (t) => {
  const { party, provider, tokens, calls } = await setUp(t)
  provider.answers.set(path, { status: 400, body: '{"error":"unsupported_token_type"}' })
  t.match(await party.revoke(tokens), [{ outcome: 'refused' }, { outcome: 'refused' }])
  t.equal(calls().length, 2)
})

t.test('REV-2 a token that the provider does not know is revoked, too', async (t) => {
  const { party } = await setUp(t)
  // RFC 7009 §2.2: a provider answers 200 for an invalid token.
  t.match(await party.revoke({ accessToken: 'unknown' }), [{ outcome: 'revoked' }])
})

t.test('REV-2 a 503 is not tried again before Retry-After', async (t) => {
  const { party, provider, tokens, calls } = await setUp(t)
  provider.answers.set(path, { status: 503, headers: { 'retry-after': '1' }, body: '' })
  const startedAt = performance.now()
  const { accessToken } = tokens
  const revoking = party.revoke({ accessToken })
  await until(() => calls().length === 1, 20_000)
  provider.answers.set(path, { body: '' })
  t.match(await revoking, [{ outcome: 'revoked' }])
  t.equal(calls().length, 2)
  t.ok(performance.now() - startedAt >= 990, 'the promise is the second of Retry-After')
})

t.test('REV-2 a 503 is tried once more, and a long wait is none', async (t) => {
  const { party, provider, tokens, calls } = await setUp(t)
  provider.answers.set(path, { status: 503, headers: { 'retry-after': '0' }, body: '' })
  t.match(await party.revoke(tokens), [{ outcome: 'unavailable' }, { outcome: 'unavailable' }])
  t.equal(calls().length, 4)
  provider.answers.set(path, { status: 503, headers: { 'retry-after': '3600' }, body: '' })
  await party.revoke(tokens)
  t.equal(calls().length, 6, 'too long a wait is none')
})

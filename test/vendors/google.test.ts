import t, { type Test } from 'tap'
import { likeGoogle } from '../helpers/vendors/google.js'
import { refuseRefresh, setUpVendor, type VendorOptions } from '../helpers/vendors/vendor-party.js'

const set = (t: Test, options?: VendorOptions) => setUpVendor(t, 'google', likeGoogle, options)

t.test(
  'G1 CORE-21 offline access is a parameter there: the scope is never sent, nor consent asked',
  async (t) => {
    const { asked } = await set(t, { settings: { scopes: ['openid', 'email', 'offline_access'] } })
    const parameters = await asked()
    t.equal(parameters.get('scope'), 'openid email')
    t.equal(parameters.get('access_type'), 'offline')
    t.equal(parameters.get('prompt'), null)
  },
)

t.test('G1 CORE-21 consent each time, and with it a refresh token, is a setting', async (t) => {
  const { asked } = await set(t, { settings: { prompt: 'consent' } })
  t.equal((await asked()).get('prompt'), 'consent')
})

t.test(
  'G2 without a refresh token the session is good for as long as its access token',
  async (t) => {
    const { provider, party, session } = await set(t)
    provider.tokensFor = () => ({ refresh_token: undefined, expires_in: 3599 })
    const begun = await session()
    t.equal(begun.tokens.refreshToken, undefined)
    const { accessTokenExpiresAt } = begun.tokens
    t.match(await party.refresh(begun, accessTokenExpiresAt - 1), { kind: 'unavailable' })
    t.match(await party.refresh(begun, accessTokenExpiresAt), { kind: 'rejected' })
    t.equal(provider.callsTo('/token'), 1)
  },
)

t.test('G3 there is no logout to go to, and the tokens are revoked', async (t) => {
  const { provider, party, logIn, logoutOf } = await set(t)
  const signIn = await logIn()
  t.equal(logoutOf(signIn), undefined)
  t.match(await party.revoke(signIn.tokens), [
    { token: 'refresh_token', outcome: 'revoked' },
    { token: 'access_token', outcome: 'revoked' },
  ])
  t.equal(provider.callsTo('/revoke'), 2)
})

t.test('G4 nobody of another organization is signed in, whatever the request hinted', async (t) => {
  const { provider, logIn } = await set(t, {
    settings: { requiredClaims: { hd: ['example.com'] } },
  })
  t.match(await logIn(), { identity: { claims: { hd: 'example.com' } } })
  const right = provider.claims
  for (const hd of [
    'example.com.evil.example',
    'EXAMPLE.COM',
    undefined,
    true,
    ['other.example'],
  ]) {
    provider.claims = { ...right, hd }
    await t.rejects(logIn(), { code: 'ERR_ID_TOKEN_CLAIM' }, String(hd))
  }
  t.equal(provider.callsTo('/v1/userinfo'), 1, 'userinfo, which says otherwise, is not asked')
})

t.test('G4 a move to another organization ends the session at the refresh', async (t) => {
  const { provider, party, session } = await set(t, {
    settings: { requiredClaims: { hd: ['example.com'] } },
  })
  const begun = await session()
  provider.claims = { ...provider.claims, hd: 'other.example' }
  t.match(await party.refresh(begun, Date.now()), { kind: 'rejected', reason: /hd/ })
})

t.test('G4 a rule for groups lets nobody in', async (t) => {
  const { logIn, admits } = await set(t, { require: { groups: ['staff'] } })
  t.equal(admits((await logIn()).identity), false)
})

t.test('G5 an issuer without https is refused', async (t) => {
  const { provider, issuer, logIn } = await set(t)
  provider.claims = { ...provider.claims, iss: issuer.replace('http://', '') }
  await t.rejects(logIn(), { code: 'ERR_ID_TOKEN_ISSUER' })
})

t.test('G6 the refresh token stays when a refresh brings none', async (t) => {
  const { party, session } = await set(t)
  const begun = await session()
  const outcome = await party.refresh(begun, Date.now())
  t.match(outcome, { kind: 'refreshed', tokens: { refreshToken: begun.tokens.refreshToken } })
})

t.test('G7 a refresh token that died ends the session, for one clean login', async (t) => {
  const { provider, party, session } = await set(t)
  const begun = await session()
  refuseRefresh(provider, '/token', 'Token has been expired or revoked.')
  t.match(await party.refresh(begun, Date.now()), { kind: 'rejected' })
})

t.test('G8 access tokens are never read, whatever they look like', async (t) => {
  const { provider, logIn, present } = await set(t)
  provider.tokensFor = () => ({ access_token: 'ya29.notJson.atAll', expires_in: undefined })
  t.match(await logIn(), { tokens: { accessTokenExpiryAssumed: true } })
  t.match(await present('ya29.notJson.atAll'), { kind: 'refused' })
})

t.test('G9 the request goes through the browser, with PKCE', async (t) => {
  const { asked } = await set(t)
  const parameters = await asked()
  t.equal(parameters.get('code_challenge_method'), 'S256')
  t.equal(parameters.get('request_uri'), null)
})

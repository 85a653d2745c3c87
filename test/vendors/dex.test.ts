import t, { type Test } from 'tap'
import { createTestKey, publicJwk } from '../helpers/hostile-provider.js'
import { likeDex } from '../helpers/vendors/dex.js'
import { refuseRefresh, setUpVendor, type VendorOptions } from '../helpers/vendors/vendor-party.js'

const set = (t: Test, options?: VendorOptions) =>
  setUpVendor(t, 'dex', likeDex, { vendor: null, ...options })

t.test('D1 a logout is local: there is nowhere to go, and nothing to revoke at', async (t) => {
  const { party, logIn, logoutOf } = await set(t)
  const signIn = await logIn()
  t.equal(logoutOf(signIn), undefined)
  t.same(await party.revoke(signIn.tokens), [])
})

t.test('D2 a key that is new in the middle of a session costs nobody the session', async (t) => {
  const { provider, party, session } = await set(t)
  const begun = await session()
  const next = createTestKey('key-2')
  provider.jwks = { keys: [publicJwk(next)] }
  provider.header = { kid: next.kid }
  provider.signWith = next.privateKey
  const outcome = await party.refresh(begun, Date.now())
  t.match(outcome, { kind: 'refreshed', identity: { sub: begun.identity.sub } })
})

t.test(
  'D3 the same refresh token serves twice within seconds, and later ends the session',
  async (t) => {
    const { provider, party, session } = await set(t)
    const begun = await session()
    provider.tokensFor = () => ({ refresh_token: 'the-next' })
    for (const outcome of await Promise.all([1, 2].map(() => party.refresh(begun, Date.now())))) {
      t.match(outcome, { kind: 'refreshed', tokens: { refreshToken: 'the-next' } })
    }
    refuseRefresh(provider, '/dex/token', 'Refresh token is invalid or has already been claimed')
    t.match(await party.refresh(begun, Date.now()), { kind: 'rejected' })
  },
)

t.test('D4 groups and refresh tokens are asked for by scope', async (t) => {
  const { asked, logIn, admits } = await set(t, { require: { groups: ['staff'] } })
  t.equal((await asked()).get('scope'), 'openid profile email groups offline_access')
  t.equal(admits((await logIn()).identity), true)
})

t.test(
  'D4 a connector without refresh gives no refresh token, and the login is good',
  async (t) => {
    const { provider, session } = await set(t)
    provider.tokensFor = () => ({ refresh_token: undefined })
    t.match(await session(), { identity: { sub: /^CiQwOGE4/ } })
  },
)

t.test('D5 the issuer has a path, below which the metadata are', async (t) => {
  const { provider, party, settings } = await set(t)
  t.equal(settings.vendor, 'dex')
  await party.checkOnline()
  t.equal(provider.callsTo('/dex/.well-known/openid-configuration'), 1)
})

t.test(
  'D6 neither an ID token nor a token that looks like one passes for an access token',
  async (t) => {
    for (const accessTokenType of ['at+jwt', 'lax']) {
      const { logIn, present, accessToken } = await set(t, { settings: { accessTokenType } })
      const { tokens } = await logIn()
      t.match(await present(tokens.idToken), { kind: 'refused' })
      t.match(await present(accessToken({ aud: 'app' }, { typ: undefined })), { kind: 'refused' })
    }
  },
)

t.test('D7 a session has no `sid` there', async (t) => {
  const { logIn } = await set(t)
  t.notOk('sid' in (await logIn()).identity)
})

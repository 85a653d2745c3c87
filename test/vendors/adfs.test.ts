import t, { type Test } from 'tap'
import { emailOf } from '../../src/identity/claims.js'
import { likeAdfs } from '../helpers/vendors/adfs.js'
import { refuseRefresh, setUpVendor, type VendorOptions } from '../helpers/vendors/vendor-party.js'

const set = (t: Test, options?: VendorOptions) => setUpVendor(t, 'adfs', likeAdfs, options)
const now = () => Math.floor(Date.now() / 1000)

t.test('F1 an access token names the issuer that the metadata have for it', async (t) => {
  const { party, present, accessToken } = await set(t)
  await party.checkOnline()
  const token = (iss: string) => accessToken({ iss, aud: 'microsoft:identityserver:api' })
  t.match(await present(token('http://fs.example.com/adfs/services/trust')), { kind: 'verified' })
  t.match(await present(token('http://fs.example.com/adfs/services/trust/')), { kind: 'refused' })
})

t.test('F1 an ID token with the issuer of access tokens is refused', async (t) => {
  const { provider, logIn } = await set(t)
  provider.claims = { ...provider.claims, iss: 'http://fs.example.com/adfs/services/trust' }
  await t.rejects(logIn(), { code: 'ERR_ID_TOKEN_ISSUER' })
})

t.test('F2 all claims are asked for, so that the ID token has them', async (t) => {
  const { asked } = await set(t)
  t.match((await asked()).get('scope'), /(^| )allatclaims( |$)/)
})

t.test('F3 the API of an access token is a parameter of its own', async (t) => {
  const { asked } = await set(t, {
    settings: { resources: ['https://api.example.com'] },
  })
  t.equal((await asked()).get('resource'), 'https://api.example.com')
})

t.test(
  'F4 userinfo, which knows the subject alone, is not asked; names come from `upn`',
  async (t) => {
    const { provider, logIn } = await set(t)
    const { identity } = await logIn()
    t.equal(emailOf(identity), 'alice@corp.example.com')
    t.equal(identity.claims['preferred_username'], 'alice@corp.example.com')
    t.equal(provider.callsTo('/adfs/userinfo'), 0)
  },
)

t.test('F4 such a name counts in rules only where that is set', async (t) => {
  for (const assumeEmailVerified of [true, false]) {
    const { logIn, admits } = await set(t, {
      settings: { assumeEmailVerified },
      require: { emailDomains: ['corp.example.com'] },
    })
    t.equal(admits((await logIn()).identity), assumeEmailVerified)
  }
})

t.test('F5 a pairwise subject is a key like any other', async (t) => {
  const { logIn } = await set(t)
  t.match((await logIn()).identity, { sub: /=$/, issuer: /\/adfs$/ })
})

t.test('F6 the state has nothing that is lost on the way', async (t) => {
  const { asked } = await set(t)
  t.match((await asked()).get('state'), /^[\w-]+$/)
})

t.test('F7 without a new refresh token the old one is used until it ends', async (t) => {
  const { provider, party, session } = await set(t)
  const begun = await session()
  provider.tokensFor = () => ({ refresh_token: undefined })
  t.match(await party.refresh(begun, Date.now()), {
    kind: 'refreshed',
    tokens: { refreshToken: begun.tokens.refreshToken },
  })
  refuseRefresh(provider, '/adfs/oauth2/token/', 'MSIS9615: The refresh token is expired.')
  t.match(await party.refresh(begun, Date.now()), { kind: 'rejected' })
})

t.test(
  'F8 the logout is announced, and the session of the provider is kept for its own',
  async (t) => {
    const { logIn, logoutOf } = await set(t)
    const signIn = await logIn()
    t.equal(logoutOf(signIn)?.pathname, '/adfs/oauth2/logout')
    t.equal(signIn.identity.sid, 'S-1-5-21-1')
  },
)

t.test('F9 tokens that are valid from this moment on are valid', async (t) => {
  const { provider, party, logIn, present, accessToken } = await set(t)
  provider.claims = { ...provider.claims, nbf: now() + 5, iat: now() + 5 }
  t.match(await logIn(), { identity: { sid: 'S-1-5-21-1' } })
  await party.checkOnline()
  const claims = { iss: 'http://fs.example.com/adfs/services/trust', aud: 'api', nbf: now() + 5 }
  t.match(await present(accessToken(claims)), { kind: 'verified' })
})

t.test('F10 PKCE goes with each request although nothing announces it', async (t) => {
  const { provider, asked } = await set(t)
  t.notOk('code_challenge_methods_supported' in provider.metadata)
  t.equal((await asked()).get('code_challenge_method'), 'S256')
})

t.test('F11 offline_access, which is not supported, is not sent', async (t) => {
  const { asked } = await set(t, {
    settings: { scopes: ['openid', 'offline_access', 'orders/read'] },
  })
  t.equal((await asked()).get('scope'), 'openid orders/read')
})

import t, { type Test } from 'tap'
import { createTestKey, publicJwk } from '../helpers/hostile-provider.js'
import { likeOkta } from '../helpers/vendors/okta.js'
import { refuseRefresh, setUpVendor, type VendorOptions } from '../helpers/vendors/vendor-party.js'

const set = (t: Test, options?: VendorOptions) => setUpVendor(t, 'okta', likeOkta, options)

t.test('O1 the other authorization server is refused, and the reason names both', async (t) => {
  const { provider, issuer, party } = await set(t)
  provider.metadata['issuer'] = provider.issuer
  await t.rejects(party.checkOnline(), {
    code: 'ERR_PROVIDER_ISSUER',
    message: new RegExp(`"${provider.issuer}".*"${issuer}"`),
  })
})

t.test('O1 an access token of the organization is never verified here', async (t) => {
  const { present, accessToken, party } = await set(t)
  await party.checkOnline()
  const claims = { aud: 'https://api.example.com' }
  t.match(await present(accessToken(claims, { typ: undefined })), { kind: 'verified' })
  const ofOrganization = accessToken(claims, { typ: 'application/okta-internal-at+jwt' })
  t.match(await present(ofOrganization), { kind: 'refused', reason: /typ/ })
})

t.test('O2 a rotated refresh token takes the place of the old one', async (t) => {
  const { asked, party, session } = await set(t)
  t.match((await asked()).get('scope'), /(^| )offline_access( |$)/)
  const begun = await session()
  const outcome = await party.refresh(begun, Date.now())
  t.match(outcome, { kind: 'refreshed', tokens: { refreshToken: /^refresh-/ } })
  t.ok(outcome.kind === 'refreshed' && outcome.tokens.refreshToken !== begun.tokens.refreshToken)
})

t.test('O2 within the grace the old one serves two, after it the session ends', async (t) => {
  const { provider, party, session } = await set(t)
  const begun = await session()
  for (const outcome of await Promise.all([1, 2].map(() => party.refresh(begun, Date.now())))) {
    t.equal(outcome.kind, 'refreshed')
  }
  const message = 'The refresh token is invalid or expired.'
  refuseRefresh(provider, '/oauth2/default/v1/token', message)
  t.match(await party.refresh(begun, Date.now()), { kind: 'rejected' })
})

t.test('O3 groups that a thin ID token lacks are read from userinfo', async (t) => {
  const { logIn, admits } = await set(t, { require: { groups: ['staff'] } })
  const { identity } = await logIn()
  t.same(identity.claims['groups'], ['staff'])
  t.equal(admits(identity), true)
})

t.test('O3 without groups anywhere a rule for them lets nobody in', async (t) => {
  const { provider, logIn, admits } = await set(t, { require: { groups: ['staff'] } })
  provider.userinfo = { ...provider.userinfo, groups: undefined }
  t.equal(admits((await logIn()).identity), false)
})

t.test('O4 the logout request has the ID token of the session, expired or not', async (t) => {
  const { provider, party, session, logoutOf } = await set(t)
  const begun = await session()
  t.equal(logoutOf(begun)?.searchParams.get('id_token_hint'), begun.tokens.idToken)
  provider.tokensFor = () => ({ id_token: undefined })
  const outcome = await party.refresh(begun, Date.now())
  if (outcome.kind !== 'refreshed') throw new Error(outcome.kind)
  const later = logoutOf({ identity: begun.identity, tokens: outcome.tokens })
  t.equal(later?.searchParams.get('id_token_hint'), begun.tokens.idToken)
  t.equal(later?.pathname, '/oauth2/default/v1/logout')
})

t.test('O5 a key that is new since the keys were fetched is fetched', async (t) => {
  const { provider, logIn } = await set(t)
  await logIn()
  const next = createTestKey('key-2')
  provider.jwks = { keys: [publicJwk(next)] }
  provider.header = { kid: next.kid }
  provider.signWith = next.privateKey
  t.match(await logIn(), { identity: { sub: '00uid4BxXw6I6TV4m0g3' } })
  t.equal(provider.callsTo('/oauth2/default/v1/keys'), 2)
})

t.test('O6 userinfo is asked once a login, and not at all when nothing is missing', async (t) => {
  const { provider, logIn } = await set(t)
  await logIn()
  t.equal(provider.callsTo('/oauth2/default/v1/userinfo'), 1)
  const everything = { email: 'a@example.com', preferred_username: 'alice', groups: [] }
  provider.claims = { ...provider.claims, ...everything }
  await logIn()
  t.equal(provider.callsTo('/oauth2/default/v1/userinfo'), 1)
})

t.test('O7 PKCE goes with each request', async (t) => {
  const { asked } = await set(t)
  t.equal((await asked()).get('code_challenge_method'), 'S256')
})

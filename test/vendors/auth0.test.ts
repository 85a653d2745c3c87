import t, { type Test } from 'tap'
import { providerOf } from '../../src/http/provider-of.js'
import { identityHeaders } from '../../src/identity/identity-headers.js'
import { forgeToken, signingKey } from '../helpers/hostile-provider.js'
import { likeAuth0 } from '../helpers/vendors/auth0.js'
import { refuseRefresh, setUpVendor, type VendorOptions } from '../helpers/vendors/vendor-party.js'

const set = (t: Test, options?: VendorOptions) => setUpVendor(t, 'auth0', likeAuth0, options)
const roles = 'https://app.example.com/roles'

for (const [title, written] of [
  ['with', (issuer: string) => issuer],
  ['without', (issuer: string) => issuer.slice(0, -1)],
] as const) {
  t.test(
    `A1 the issuer is found written ${title} its slash, and tokens name it exactly`,
    async (t) => {
      const { provider, party, logIn } = await setUpVendor(t, 'auth0', (double) =>
        written(likeAuth0(double)),
      )
      const { identity } = await logIn()
      t.equal(identity.issuer, `${provider.issuer}/`)
      t.equal(providerOf(new Map([[party.id, party]]), identity), party)
      provider.claims = { ...provider.claims, iss: provider.issuer }
      await t.rejects(logIn(), { code: 'ERR_ID_TOKEN_ISSUER' })
    },
  )
}

t.test('A1 more than a slash may not differ', async (t) => {
  const { provider, issuer, party } = await set(t)
  for (const named of [`${issuer}/`, `${issuer}x`, issuer.replace('127.0.0.1', 'localhost')]) {
    provider.metadata['issuer'] = named
    await t.rejects(party.checkOnline(), { code: 'ERR_PROVIDER_ISSUER' }, named)
  }
})

t.test('A2 an audience is asked for by its own parameter', async (t) => {
  const { asked } = await set(t, {
    settings: { extraParameters: { audience: 'https://api.example.com' } },
  })
  const parameters = await asked()
  t.equal(parameters.get('audience'), 'https://api.example.com')
  t.equal(parameters.get('resource'), null)
})

t.test(
  'A2 an access token for the API and userinfo counts, an opaque one is not read',
  async (t) => {
    const { provider, issuer, logIn, present, accessToken } = await set(t)
    const audiences = ['https://api.example.com', `${issuer}userinfo`]
    t.match(await present(accessToken({ aud: audiences })), {
      kind: 'verified',
      token: { audiences },
    })
    t.match(await logIn(), { tokens: { accessToken: 'opaque' } })
    t.match(await present('opaque'), { kind: 'refused' })
    t.equal(provider.callsTo('/userinfo'), 1)
  },
)

t.test(
  'A3 a refresh token that was used before ends the session, for one clean login',
  async (t) => {
    const { provider, party, session } = await set(t)
    const begun = await session()
    refuseRefresh(provider, '/oauth/token', 'Unknown or invalid refresh token.')
    t.match(await party.refresh(begun, Date.now()), { kind: 'rejected' })
  },
)

t.test('A4 a tenant that announces no logout gets its older form', async (t) => {
  const { provider, logIn, logoutOf } = await set(t)
  const url = logoutOf(await logIn())
  t.equal(url?.origin, provider.issuer)
  t.equal(url?.pathname, '/v2/logout')
  t.same(Object.fromEntries(url?.searchParams ?? []), {
    client_id: 'app',
    returnTo: 'https://app.example.com/oauth2/signed_out',
  })
})

t.test('A4 a tenant that announces its logout gets the standard form', async (t) => {
  const { provider, logIn, logoutOf } = await set(t)
  provider.metadata['end_session_endpoint'] = `${provider.issuer}/oidc/logout`
  const signIn = await logIn()
  const url = logoutOf(signIn)
  t.equal(url?.pathname, '/oidc/logout')
  t.same(Object.fromEntries(url?.searchParams ?? []), {
    client_id: 'app',
    id_token_hint: signIn.tokens.idToken,
    post_logout_redirect_uri: 'https://app.example.com/oauth2/signed_out',
    state: 'bye',
  })
})

t.test('A5 a claim may have the name of a URL', async (t) => {
  const { logIn, admits } = await set(t, {
    settings: { rolesClaim: roles },
    require: { roles: ['editor'], claims: { [roles]: ['editor'] } },
  })
  t.equal(admits((await logIn()).identity), true)
})

t.test('A6 a logout token with `sid` ends the sessions of that one', async (t) => {
  const { issuer, party } = await set(t)
  const now = Math.floor(Date.now() / 1000)
  const token = forgeToken(
    { alg: 'RS256', kid: signingKey.kid, typ: 'logout+jwt' },
    {
      iss: issuer,
      aud: 'app',
      iat: now,
      exp: now + 120,
      jti: 'one',
      sub: 'auth0|1',
      sid: 'session-1',
      events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
    },
    signingKey.privateKey,
  )
  t.equal(party.isAddressedBy(token), true)
  t.match(await party.verifyLogoutToken(token, Date.now()), { issuer, sid: 'session-1' })
})

t.test('A7 a logout may go on to the provider behind', async (t) => {
  const parameters = { client_id: '{clientId}', returnTo: '{returnTo}', federated: '' }
  const { issuer, logIn, logoutOf } = await set(t, {
    settings: { endSession: { url: 'https://login.example.com/v2/logout', parameters } },
  })
  t.match(logoutOf(await logIn())?.search, /&federated=$/)
  t.not(issuer, undefined)
})

t.test('A8 a subject with a bar is a header and a key like any other', async (t) => {
  const { logIn } = await set(t)
  const { identity } = await logIn()
  const headers = identityHeaders(identity, { groupsClaim: 'groups' })
  t.same(headers[0], ['X-Forwarded-User', 'auth0|5f7c8ec7c33c6c004bbafe82'])
})

t.test('A9 offline access is asked for, and a second factor by its context', async (t) => {
  const { party, asked } = await set(t)
  t.match((await asked()).get('scope'), /offline_access/)
  const acr = 'http://schemas.openid.net/pape/policies/2007/06/multi-factor'
  const { url } = await party.beginLogin({
    redirectUri: 'https://app.example.com/oauth2/callback',
    stepUp: { acrValues: [acr] },
    now: Date.now(),
  })
  t.equal(new URL(url).searchParams.get('acr_values'), acr)
})

t.test('A10 nobody of another organization is signed in', async (t) => {
  const { provider, logIn } = await set(t, {
    settings: { requiredClaims: { org_id: ['org_1'] } },
  })
  await t.rejects(logIn(), { code: 'ERR_ID_TOKEN_CLAIM', message: /org_id/ })
  provider.claims = { ...provider.claims, org_id: 'org_1' }
  t.match(await logIn(), { identity: { claims: { org_id: 'org_1' } } })
})

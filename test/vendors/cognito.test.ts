import t, { type Test } from 'tap'
import { validateProviderMetadata } from '../../src/oidc/provider-metadata.js'
import { providerConfig } from '../helpers/provider-config.js'
import { likeCognito } from '../helpers/vendors/cognito.js'
import { setUpVendor, type VendorOptions } from '../helpers/vendors/vendor-party.js'

const set = (t: Test, options?: VendorOptions) => setUpVendor(t, 'cognito', likeCognito, options)

t.test('C1 the logout has the names of Cognito, and none of the standard', async (t) => {
  const { provider, logIn, logoutOf } = await set(t)
  const url = logoutOf(await logIn())
  t.equal(`${url?.origin}${url?.pathname}`, `${provider.issuer}/logout`)
  t.same(Object.fromEntries(url?.searchParams ?? []), {
    client_id: 'app',
    logout_uri: 'https://app.example.com/oauth2/signed_out',
  })
})

t.test('C2 the endpoints may be at another host than the issuer', async (t) => {
  const issuer = 'https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_AbCdEf'
  const domain = 'https://acme.auth.eu-central-1.amazoncognito.com'
  const document = {
    issuer,
    authorization_endpoint: `${domain}/oauth2/authorize`,
    token_endpoint: `${domain}/oauth2/token`,
    jwks_uri: `${issuer}/.well-known/jwks.json`,
  }
  t.match(validateProviderMetadata(document, providerConfig({ issuer })), {
    issuer,
    tokenEndpoint: `${domain}/oauth2/token`,
  })
})

t.test('C3 a logout revokes the refresh token', async (t) => {
  const { provider, party, logIn } = await set(t)
  const { tokens } = await logIn()
  await party.revoke(tokens)
  const revoked = provider.calls.find(({ path }) => path === '/oauth2/revoke')
  t.equal(revoked?.form.get('token'), tokens.refreshToken)
})

t.test('C4 the refresh token stays when a refresh brings none', async (t) => {
  const { party, session } = await set(t)
  const begun = await session()
  t.match(await party.refresh(begun, Date.now()), {
    kind: 'refreshed',
    tokens: { refreshToken: begun.tokens.refreshToken },
  })
})

t.test('C5 groups and user name are in claims with a colon', async (t) => {
  const { logIn, admits } = await set(t, { require: { groups: ['staff'] } })
  const { identity } = await logIn()
  t.equal(admits(identity), true)
  t.equal(identity.claims['preferred_username'], 'alice')
})

t.test('C5 an access token is for its client, and an ID token is none', async (t) => {
  const { party, present, accessToken } = await set(t)
  await party.checkOnline()
  const claims = { client_id: 'robot', token_use: 'access', username: 'alice' }
  t.match(await present(accessToken(claims, { typ: undefined })), {
    kind: 'verified',
    token: { audiences: ['robot'] },
  })
  for (const [bent, reason] of [
    [{ ...claims, token_use: 'id' }, /token_use/],
    [{ ...claims, token_use: undefined }, /token_use/],
    [{ ...claims, client_id: undefined }, /client_id/],
    [{ ...claims, client_id: undefined, aud: 'robot' }, /client_id/],
    [{ ...claims, aud: 'app' }, /aud/],
  ] as const) {
    t.match(await present(accessToken(bent)), { kind: 'refused', reason }, JSON.stringify(bent))
  }
})

t.test('C6 offline_access is never sent', async (t) => {
  const { asked } = await set(t, { settings: { scopes: ['openid', 'offline_access'] } })
  t.equal((await asked()).get('scope'), 'openid')
})

t.test('C7 state, nonce and PKCE go with each request', async (t) => {
  const { asked } = await set(t)
  const parameters = await asked()
  for (const name of ['state', 'nonce', 'code_challenge']) t.match(parameters.get(name), /.{43}/)
})

t.test('C8 an address is verified if a text says so', async (t) => {
  const { provider, logIn, admits } = await set(t, {
    settings: { userinfo: 'always' },
    require: { emailDomains: ['example.com'] },
  })
  const { identity } = await logIn()
  t.equal(identity.claims['email_verified'], 'true')
  t.equal(admits(identity), true)
  provider.userinfo = { ...provider.userinfo, email_verified: 'false' }
  t.equal(admits((await logIn()).identity), false)
})

t.test('C9 scopes of a resource server are sent although nothing lists them', async (t) => {
  const { asked } = await set(t, { settings: { scopes: ['openid', 'orders/read'] } })
  t.equal((await asked()).get('scope'), 'openid orders/read')
})

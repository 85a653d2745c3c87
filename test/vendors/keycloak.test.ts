import t, { type Test } from 'tap'
import { createTestKey, forgeToken, publicJwk, signingKey } from '../helpers/hostile-provider.js'
import { likeKeycloak, likeOldKeycloak } from '../helpers/vendors/keycloak.js'
import { refuseRefresh, setUpVendor, type VendorOptions } from '../helpers/vendors/vendor-party.js'

const set = (t: Test, options?: VendorOptions) =>
  setUpVendor(t, 'keycloak', likeKeycloak, { vendor: null, ...options })
const tokenPath = '/realms/main/protocol/openid-connect/token'

for (const behave of [likeKeycloak, likeOldKeycloak]) {
  t.test('K1 the issuer of either age is found, and known for what it is', async (t) => {
    const { logIn, issuer, settings } = await setUpVendor(t, 'keycloak', behave, { vendor: null })
    t.equal(settings.vendor, 'keycloak')
    t.match(await logIn(), { identity: { issuer } })
  })
}

for (const [title, settings, require, admitted] of [
  ['roles of the realm are where the profile looks', {}, { roles: ['editor'] }, true],
  ['roles of a client are not those of the realm', {}, { roles: ['buyer'] }, false],
  [
    'roles of a client by its name',
    { rolesClaim: ['resource_access', 'shop', 'roles'] },
    { roles: ['buyer'] },
    true,
  ],
  [
    'roles of another client do not count',
    { rolesClaim: ['resource_access', 'other', 'roles'] },
    { roles: ['buyer'] },
    false,
  ],
  [
    'roles of any client',
    { rolesClaim: ['resource_access', '*', 'roles'] },
    { roles: ['manage-account'] },
    true,
  ],
  ['a group is the whole path with its slash', {}, { groups: ['/staff/it'] }, true],
  ['a group is not its last part', {}, { groups: ['it'] }, false],
  ['a group needs its slash', {}, { groups: ['staff'] }, false],
] as const) {
  t.test(`K2 ${title}`, async (t) => {
    const { logIn, admits } = await set(t, { settings, require })
    t.equal(admits((await logIn()).identity), admitted)
  })
}

t.test('K2 what an access token says of roles counts for nothing', async (t) => {
  const { provider, logIn, admits, accessToken } = await set(t, { require: { roles: ['admin'] } })
  const token = accessToken({ realm_access: { roles: ['admin'] } })
  provider.tokensFor = () => ({ access_token: token })
  t.equal(admits((await logIn()).identity), false)
})

for (const [id, reason] of [
  ['K3', 'Token is not active'],
  ['K4', 'Maximum allowed refresh token reuse exceeded'],
] as const) {
  t.test(`${id} "${reason}" ends the session, for one clean login`, async (t) => {
    const { provider, party, session } = await set(t)
    const begun = await session()
    refuseRefresh(provider, tokenPath, reason)
    t.match(await party.refresh(begun, Date.now()), { kind: 'rejected' })
  })
}

const event = { 'http://schemas.openid.net/event/backchannel-logout': {} }
const now = () => Math.floor(Date.now() / 1000)

for (const [title, header, claims, ends] of [
  ['with sid, exp and a type', { typ: 'logout+jwt' }, { exp: true, sid: 'b5c9-session' }, 'sid'],
  ['of an older release, without exp', { typ: 'JWT' }, { sid: 'b5c9-session' }, 'sid'],
  ['without sid, for all of the person', { typ: 'JWT' }, { exp: true }, 'sub'],
  [
    'that revokes offline sessions as well',
    { typ: 'JWT' },
    { exp: true, sid: 'b5c9-session', events: { ...event, revoke_offline_access: true } },
    'sid',
  ],
] as const) {
  t.test(`K5 a logout token ${title} is accepted`, async (t) => {
    const { party, issuer } = await set(t)
    const { exp, ...others } = { exp: undefined, ...claims }
    const sub = '6f1d4c4c-2a43-4a76-9d1c-0d6a6b4f9a11'
    const token = forgeToken(
      { alg: 'RS256', kid: signingKey.kid, ...header },
      {
        iss: issuer,
        aud: 'app',
        sub,
        iat: now(),
        jti: 'one',
        events: event,
        typ: 'Logout',
        ...(exp === true ? { exp: now() + 120 } : {}),
        ...others,
      },
      signingKey.privateKey,
    )
    const notice = await party.verifyLogoutToken(token, Date.now())
    t.match(notice, { issuer, sub })
    t.equal(notice.sid, ends === 'sid' ? 'b5c9-session' : undefined)
  })
}

t.test(
  'K6 the session of the provider is kept, and its parameter in the callback ignored',
  async (t) => {
    const { party, begin } = await set(t)
    const login = await begin()
    login.parameters.set('session_state', 'b5c9-session')
    t.match(await party.finishLogin(login), { identity: { sid: 'b5c9-session' } })
  },
)

t.test('K7 an access token for `account` alone is told by its audience', async (t) => {
  const { party, present, accessToken } = await set(t)
  await party.checkOnline()
  const verdict = await present(accessToken({ aud: 'account', typ: 'Bearer', azp: 'robot' }))
  t.match(verdict, { kind: 'verified', token: { audiences: ['account'] } })
  t.match(await present(accessToken({ typ: 'Bearer' })), {
    kind: 'refused',
    reason: /"aud" is missing/,
  })
})

t.test('K8 the metadata may be at an address of their own, but name the issuer', async (t) => {
  const discovery = '/internal/realms/main/.well-known/openid-configuration'
  const setAt = (issuer: string) =>
    setUpVendor(
      t,
      'keycloak',
      (provider) => {
        likeKeycloak(provider)
        provider.metadata['issuer'] = 'https://sso.example.com/realms/main'
        provider.claims = { ...provider.claims, iss: 'https://sso.example.com/realms/main' }
        provider.metadata['authorization_endpoint'] = 'https://sso.example.com/realms/main/auth'
        Object.assign(settings, { discoveryUrl: provider.issuer + discovery })
        return issuer
      },
      { settings },
    )
  const settings: Record<string, unknown> = {}
  const right = await setAt('https://sso.example.com/realms/main')
  t.match((await right.begin()).url, /^https:\/\/sso\.example\.com\//)
  t.equal(right.provider.callsTo(discovery), 1)
  t.match(await right.logIn(), { identity: { issuer: 'https://sso.example.com/realms/main' } })
  const wrong = await setAt('https://other.example.com/realms/main')
  await t.rejects(wrong.party.checkOnline(), { code: 'ERR_PROVIDER_ISSUER' })
})

t.test(
  'K9 the logout request has hint, client and return address, and no older parameter',
  async (t) => {
    const { logIn, logoutOf } = await set(t)
    const signIn = await logIn()
    t.same(Object.fromEntries(logoutOf(signIn)?.searchParams ?? []), {
      client_id: 'app',
      id_token_hint: signIn.tokens.idToken,
      post_logout_redirect_uri: 'https://app.example.com/oauth2/signed_out',
      state: 'bye',
    })
  },
)

t.test(
  'K10 CORE-21 offline_access is sent only where it is set, for it outlives the logout',
  async (t) => {
    t.equal((await (await set(t)).asked()).get('scope'), 'openid profile email')
    const { asked } = await set(t, { settings: { scopes: ['openid', 'offline_access'] } })
    t.equal((await asked()).get('scope'), 'openid offline_access')
  },
)

t.test(
  'K11 an address that is said not to be verified counts in no rule, whatever is assumed',
  async (t) => {
    const require = { emailDomains: ['example.com'] }
    const { provider, logIn, admits } = await set(t, {
      settings: { assumeEmailVerified: true },
      require,
    })
    t.equal(admits((await logIn()).identity), false)
    provider.userinfo = { ...provider.userinfo, email_verified: undefined }
    provider.claims = { ...provider.claims, email_verified: undefined }
    t.equal(admits((await logIn()).identity), true)
  },
)

t.test(
  'K13 a token that a passive key signed is accepted while that key is published',
  async (t) => {
    const { provider, logIn } = await set(t)
    const active = createTestKey('key-2')
    provider.jwks = { keys: [publicJwk(active), publicJwk(signingKey)] }
    t.match(await logIn(), { identity: { sid: 'b5c9-session' } })
  },
)

t.test('K14 claims that lightweight access tokens drop come from userinfo', async (t) => {
  const { provider, logIn } = await set(t)
  const { iss, sub, sid, typ, azp } = provider.claims
  provider.claims = { iss, sub, sid, typ, azp }
  t.match(await logIn(), {
    identity: { claims: { email: 'alice@example.com', groups: ['/staff', '/staff/it'] } },
  })
})

import t, { type Test } from 'tap'
import { emailOf } from '../../src/identity/claims.js'
import { likeGitlab } from '../helpers/vendors/gitlab.js'
import { refuseRefresh, setUpVendor, type VendorOptions } from '../helpers/vendors/vendor-party.js'

const set = (t: Test, options?: VendorOptions) => setUpVendor(t, 'gitlab', likeGitlab, options)

t.test(
  'L1 an ID token of two minutes ends nothing: the access token times the refresh',
  async (t) => {
    const { party, session } = await set(t)
    const begun = await session()
    t.ok(begun.tokens.accessTokenExpiresAt - begun.createdAt > 3_600_000)
    t.equal((await party.refresh(begun, Date.now())).kind, 'refreshed')
  },
)

t.test('L1 an ID token of a refresh that is too old to verify costs no session', async (t) => {
  const { provider, party, session } = await set(t)
  const begun = await session()
  provider.tokensFor = () => ({ id_token: begun.tokens.idToken })
  t.match(await party.refresh(begun, begun.createdAt + 3_600_000), {
    kind: 'refreshed',
    tokens: { idToken: begun.tokens.idToken },
  })
})

t.test('L2 offline_access is no scope there, and a refresh token comes all the same', async (t) => {
  const { asked, session } = await set(t, {
    settings: { scopes: ['openid', 'email', 'offline_access'] },
  })
  t.equal((await asked()).get('scope'), 'openid email')
  t.match((await session()).tokens.refreshToken, /^refresh-/)
})

t.test('L2 each refresh brings the next token, which alone is kept', async (t) => {
  const { party, session } = await set(t)
  const begun = await session()
  const outcome = await party.refresh(begun, Date.now())
  t.ok(outcome.kind === 'refreshed' && outcome.tokens.refreshToken !== begun.tokens.refreshToken)
})

t.test('L3 groups are read from userinfo, those with direct members by a setting', async (t) => {
  const nested = await set(t, { require: { groups: ['team/web'] } })
  t.equal(nested.admits((await nested.logIn()).identity), true)
  const direct = await set(t, {
    settings: { groupsClaim: 'groups_direct', userinfo: 'never' },
    require: { groups: ['team/web'] },
  })
  t.equal(direct.admits((await direct.logIn()).identity), false)
})

t.test('L4 there is no logout to go to, and the tokens are revoked', async (t) => {
  const { provider, party, logIn, logoutOf } = await set(t)
  const signIn = await logIn()
  t.equal(logoutOf(signIn), undefined)
  await party.revoke(signIn.tokens)
  t.equal(provider.callsTo('/gitlab/oauth/revoke'), 2)
})

t.test('L5 an issuer below a path is discovered there, and told by its path', async (t) => {
  const { provider, party } = await set(t)
  await party.checkOnline()
  t.equal(provider.callsTo('/gitlab/.well-known/openid-configuration'), 1)
})

t.test('L6 a number as subject and no address are fine', async (t) => {
  const { logIn } = await set(t)
  const { identity } = await logIn()
  t.equal(identity.sub, '17')
  t.equal(emailOf(identity), undefined)
})

t.test('L7 a refresh token that was used before ends the session', async (t) => {
  const { provider, party, session } = await set(t)
  const begun = await session()
  refuseRefresh(provider, '/gitlab/oauth/token', 'The provided authorization grant is invalid')
  t.match(await party.refresh(begun, Date.now()), { kind: 'rejected' })
})

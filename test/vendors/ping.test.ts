import t from 'tap'
import { likePingAm, likePingFederate, likePingOne } from '../helpers/vendors/ping.js'
import { setUpVendor } from '../helpers/vendors/vendor-party.js'

t.test('P1 the logout of PingFederate is known, and has the hint and the client', async (t) => {
  const { provider, logIn, logoutOf } = await setUpVendor(t, 'pingfederate', likePingFederate)
  const signIn = await logIn()
  const url = logoutOf(signIn)
  t.equal(`${url?.origin}${url?.pathname}`, `${provider.issuer}/idp/init_logout.openid`)
  t.match(Object.fromEntries(url?.searchParams ?? []), {
    client_id: 'app',
    id_token_hint: signIn.tokens.idToken,
    post_logout_redirect_uri: 'https://app.example.com/oauth2/signed_out',
  })
})

t.test('P1 a logout that is announced goes there', async (t) => {
  const { provider, logIn, logoutOf } = await setUpVendor(t, 'pingfederate', likePingFederate)
  provider.metadata['end_session_endpoint'] = `${provider.issuer}/idp/startSLO.ping`
  t.equal(logoutOf(await logIn())?.pathname, '/idp/startSLO.ping')
})

t.test('P2 the logout of PingOne is at the domain of its issuer', async (t) => {
  for (const isAnnounced of [true, false]) {
    const { provider, issuer, logIn, logoutOf } = await setUpVendor(t, 'pingone', likePingOne)
    if (!isAnnounced) provider.metadata['end_session_endpoint'] = undefined
    const url = logoutOf(await logIn())
    t.equal(`${url?.origin}${url?.pathname}`, `${issuer}/signoff`)
  }
})

t.test(
  'P3 the logout of PingAM has the hint and where to return to, or it would end in nothing',
  async (t) => {
    const { logIn, logoutOf } = await setUpVendor(t, 'pingam', likePingAm)
    const signIn = await logIn()
    t.match(Object.fromEntries(logoutOf(signIn)?.searchParams ?? []), {
      id_token_hint: signIn.tokens.idToken,
      post_logout_redirect_uri: 'https://app.example.com/oauth2/signed_out',
    })
  },
)

t.test('P4 a single group in the form of a text is one group', async (t) => {
  for (const [group, admitted] of [
    ['Domain Admins', true],
    ['Admins', false],
  ] as const) {
    const { logIn, admits } = await setUpVendor(t, 'pingfederate', likePingFederate, {
      require: { groups: [group] },
    })
    t.equal(admits((await logIn()).identity), admitted, group)
  }
})

t.test('P4 a refresh token that does not roll is kept', async (t) => {
  const { provider, party, session } = await setUpVendor(t, 'pingfederate', likePingFederate)
  const begun = await session()
  provider.tokensFor = () => ({ refresh_token: undefined })
  t.match(await party.refresh(begun, Date.now()), {
    tokens: { refreshToken: begun.tokens.refreshToken },
  })
})

t.test('P5 an access token that is a reference is no JWT, and a login does not mind', async (t) => {
  const { logIn, present } = await setUpVendor(t, 'pingfederate', likePingFederate)
  t.match(await logIn(), { tokens: { accessToken: '0001reference' } })
  t.match(await present('0001reference'), { kind: 'refused', reason: /no JWT/ })
})

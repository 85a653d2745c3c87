import t from 'tap'
import { createPaths } from '../../src/http/paths.js'

t.test('spells every path below the base path', async (t) => {
  const paths = createPaths('/oauth2')
  t.equal(paths.start, '/oauth2/start')
  t.equal(paths.callback, '/oauth2/callback')
  t.equal(paths.signIn, '/oauth2/sign_in')
  t.equal(paths.signOut, '/oauth2/sign_out')
  t.equal(paths.signedOut, '/oauth2/signed_out')
  t.equal(paths.auth, '/oauth2/auth')
  t.equal(paths.userinfo, '/oauth2/userinfo')
  t.equal(paths.session, '/oauth2/session')
  t.equal(paths.jwks, '/oauth2/jwks')
  t.equal(paths.clientJwks, '/oauth2/client-jwks')
  t.equal(paths.backchannelLogout, '/oauth2/backchannel-logout')
  t.equal(paths.frontchannelLogout, '/oauth2/frontchannel-logout')
})

t.test('encodes parameters and leaves out absent ones', async (t) => {
  const paths = createPaths('/oauth2')
  t.equal(paths.startUrl({}), '/oauth2/start')
  t.equal(paths.signInUrl({}), '/oauth2/sign_in')
  t.equal(paths.signInUrl({ returnTo: '/a?b=c&d=e' }), '/oauth2/sign_in?rd=%2Fa%3Fb%3Dc%26d%3De')
  t.equal(paths.signInUrl({ stepUp: 'sealed' }), '/oauth2/sign_in?step_up=sealed')
  t.equal(paths.signInUrl({}, ['a', 'b']), '/oauth2/sign_in?provider=a&provider=b')
  const url = new URL(paths.startUrl({ providerId: 'corp', returnTo: '/ä#&x' }), 'http://h')
  t.equal(url.searchParams.get('provider'), 'corp')
  t.equal(url.searchParams.get('rd'), '/ä#&x')
})

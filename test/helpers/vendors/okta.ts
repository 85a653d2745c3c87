import { type Behave, endpoints } from './vendor-party.js'

/** A custom authorization server of Okta; ID tokens are thin, and refresh tokens rotate with a grace. */
export const likeOkta: Behave = (provider) => {
  const issuer = `${provider.issuer}/oauth2/default`
  endpoints(provider, issuer, {
    authorize: '/oauth2/default/v1/authorize',
    token: '/oauth2/default/v1/token',
    jwks: '/oauth2/default/v1/keys',
    userinfo: '/oauth2/default/v1/userinfo',
    end_session_endpoint: '/oauth2/default/v1/logout',
    revocation_endpoint: '/oauth2/default/v1/revoke',
    pushed_authorization_request_endpoint: '/oauth2/default/v1/par',
  })
  const sub = '00uid4BxXw6I6TV4m0g3'
  provider.claims = { ...provider.claims, sub, ver: 1, idp: '00o1', amr: ['pwd'] }
  provider.userinfo = { sub, email: 'alice@example.com', email_verified: true, groups: ['staff'] }
  return issuer
}

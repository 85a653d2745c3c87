import { type Behave, endpoints } from './vendor-party.js'

/** PingFederate: one group comes as a text, access tokens are references. */
export const likePingFederate: Behave = (provider) => {
  const { issuer } = provider
  endpoints(provider, issuer, {
    authorize: '/as/authorization.oauth2',
    token: '/as/token.oauth2',
    jwks: '/pf/JWKS',
    userinfo: '/idp/userinfo.openid',
    revocation_endpoint: '/as/revoke_token.oauth2',
    introspection_endpoint: '/as/introspect.oauth2',
  })
  provider.claims = {
    ...provider.claims,
    sub: 'alice',
    'pi.sri': 'session-1',
    groups: 'Domain Admins',
  }
  provider.tokensFor = () => ({ access_token: '0001reference' })
  return issuer
}

/** An environment of PingOne. */
export const likePingOne: Behave = (provider) => {
  const path = '/11111111-2222-4333-8444-555555555555/as'
  const issuer = provider.issuer + path
  endpoints(provider, issuer, {
    authorize: `${path}/authorize`,
    token: `${path}/token`,
    jwks: `${path}/jwks`,
    userinfo: `${path}/userinfo`,
    end_session_endpoint: `${path}/signoff`,
  })
  return issuer
}

/** A realm of PingAM. */
export const likePingAm: Behave = (provider) => {
  const path = '/am/oauth2/alpha'
  const issuer = provider.issuer + path
  endpoints(provider, issuer, {
    authorize: `${path}/authorize`,
    token: `${path}/access_token`,
    jwks: `${path}/connect/jwk_uri`,
    userinfo: `${path}/userinfo`,
    end_session_endpoint: `${path}/connect/endSession`,
  })
  return issuer
}

import { type Behave, endpoints } from './vendor-party.js'

export const homeTenant = '11111111-2222-4333-8444-555555555555'
export const foreignTenant = '99999999-2222-4333-8444-555555555555'
export const graph = '/v1.0/me/transitiveMemberOf'

/** Entra ID, one tenant: userinfo elsewhere, no revocation, addresses that nobody verified. */
export const likeEntra: Behave = (provider) => {
  const issuer = `${provider.issuer}/${homeTenant}/v2.0`
  const at = `/${homeTenant}/oauth2/v2.0`
  endpoints(provider, issuer, {
    authorize: `${at}/authorize`,
    token: `${at}/token`,
    jwks: `/${homeTenant}/discovery/v2.0/keys`,
    userinfo: '/oidc/userinfo',
    end_session_endpoint: `${at}/logout`,
  })
  const sub = 'AAAAAAAAAAAAAAAAAAAAAIkzqFVrSaSaFHy782bbtaQ'
  provider.claims = {
    ...provider.claims,
    sub,
    ver: '2.0',
    tid: homeTenant,
    oid: '00000000-0000-0000-66f3-3332eca7ea81',
    preferred_username: 'alice@example.com',
    email: 'alice@example.com',
    login_hint: 'O.CiRhbGljZQ',
    sid: 'entra-session',
  }
  provider.userinfo = { sub, name: 'Alice', picture: 'https://graph.microsoft.com/v1.0/me/photo' }
  provider.tokensFor = () => ({ access_token: 'eyJub25jZSI6IngifQ.e30.hashed', expires_in: '3599' })
  return issuer
}

/** One registration for several tenants: the metadata have a template for their issuer. */
export const likeEntraForTenants: Behave = (provider) => {
  likeEntra(provider)
  const issuer = `${provider.issuer}/{tenantid}/v2.0`
  provider.metadata['issuer'] = issuer
  return issuer
}

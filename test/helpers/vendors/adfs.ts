import { type Behave, endpoints } from './vendor-party.js'

/** AD FS 2016: another issuer for access tokens, userinfo with the subject alone, no word of PKCE. */
export const likeAdfs: Behave = (provider) => {
  const issuer = `${provider.issuer}/adfs`
  endpoints(provider, issuer, {
    authorize: '/adfs/oauth2/authorize/',
    token: '/adfs/oauth2/token/',
    jwks: '/adfs/discovery/keys',
    userinfo: '/adfs/userinfo',
    end_session_endpoint: '/adfs/oauth2/logout',
  })
  const sub = 'eCrlpQpjRwVkJNlLHD7Yf2hFxDRtOJpPaxS5KOkHs7Q='
  Object.assign(provider.metadata, {
    access_token_issuer: 'http://fs.example.com/adfs/services/trust',
    subject_types_supported: ['pairwise'],
    scopes_supported: ['openid', 'profile', 'email', 'allatclaims', 'user_impersonation'],
    frontchannel_logout_supported: true,
    frontchannel_logout_session_supported: true,
  })
  provider.claims = {
    ...provider.claims,
    sub,
    upn: 'alice@corp.example.com',
    unique_name: 'CORP\\alice',
    sid: 'S-1-5-21-1',
  }
  provider.userinfo = { sub }
  return issuer
}

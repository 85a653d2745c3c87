import { type Behave, endpoints } from './vendor-party.js'

/** A user pool: endpoints away from the issuer, its own logout, access tokens without `aud`. */
export const likeCognito: Behave = (provider) => {
  const issuer = `${provider.issuer}/eu-central-1_AbCdEf`
  endpoints(provider, issuer, {
    authorize: '/oauth2/authorize',
    token: '/oauth2/token',
    jwks: '/eu-central-1_AbCdEf/.well-known/jwks.json',
    userinfo: '/oauth2/userInfo',
    revocation_endpoint: '/oauth2/revoke',
    end_session_endpoint: '/logout',
  })
  provider.metadata['scopes_supported'] = ['openid', 'email', 'phone', 'profile']
  const sub = 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee'
  provider.claims = {
    ...provider.claims,
    sub,
    token_use: 'id',
    'cognito:username': 'alice',
    'cognito:groups': ['staff'],
    email: 'alice@example.com',
    email_verified: true,
  }
  provider.userinfo = { sub, username: 'alice', email: 'alice@example.com', email_verified: 'true' }
  provider.tokensFor = (form) => ({
    expires_in: 3600,
    ...(form.get('grant_type') === 'refresh_token' ? { refresh_token: undefined } : {}),
  })
  return issuer
}

import type { Behave } from './vendor-party.js'
import { endpoints } from './vendor-party.js'

/** Google: no logout, no groups, opaque access tokens, a refresh token on the first consent only. */
export const likeGoogle: Behave = (provider) => {
  const { issuer } = provider
  endpoints(provider, issuer, {
    authorize: '/o/oauth2/v2/auth',
    token: '/token',
    jwks: '/oauth2/v3/certs',
    userinfo: '/v1/userinfo',
    revocation_endpoint: '/revoke',
  })
  provider.metadata['scopes_supported'] = ['openid', 'email', 'profile']
  provider.metadata['code_challenge_methods_supported'] = ['plain', 'S256']
  provider.claims = {
    ...provider.claims,
    azp: 'app',
    sub: '113224875412345678901',
    email: 'alice@example.com',
    email_verified: true,
    hd: 'example.com',
  }
  provider.userinfo = {
    sub: '113224875412345678901',
    email: 'alice@example.com',
    hd: 'example.com',
  }
  provider.tokensFor = (form) => ({
    access_token: 'ya29.a0AfH6.opaque-Token_1',
    expires_in: 3599,
    // The answer to a refresh has none, and neither has that to a second consent.
    ...(form.get('grant_type') === 'refresh_token' ? { refresh_token: undefined } : {}),
  })
  return issuer
}

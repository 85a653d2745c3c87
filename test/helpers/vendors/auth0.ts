import { type Behave, endpoints } from './vendor-party.js'

/** A tenant of Auth0 from before November 2023, which announces no logout. */
export const likeAuth0: Behave = (provider) => {
  const issuer = `${provider.issuer}/`
  endpoints(provider, issuer, {
    token: '/oauth/token',
    jwks: '/.well-known/jwks.json',
    userinfo: '/userinfo',
    revocation_endpoint: '/oauth/revoke',
  })
  const sub = 'auth0|5f7c8ec7c33c6c004bbafe82'
  provider.claims = { ...provider.claims, sub, 'https://app.example.com/roles': ['editor'] }
  provider.userinfo = { sub, email: 'alice@example.com', email_verified: true }
  // Without an `audience` in the request.
  provider.tokensFor = () => ({ access_token: 'opaque', expires_in: 86_400 })
  return issuer
}

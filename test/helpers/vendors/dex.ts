import { type Behave, endpoints } from './vendor-party.js'

/** Dex: no logout, no revocation, no `sid`; access tokens look like ID tokens. */
export const likeDex: Behave = (provider) => {
  const issuer = `${provider.issuer}/dex`
  endpoints(provider, issuer, {
    authorize: '/dex/auth',
    token: '/dex/token',
    jwks: '/dex/keys',
    userinfo: '/dex/userinfo',
    introspection_endpoint: '/dex/token/introspect',
  })
  provider.metadata['scopes_supported'] = ['openid', 'email', 'groups', 'profile', 'offline_access']
  provider.claims = {
    ...provider.claims,
    sub: 'CiQwOGE4Njg0Yi1kYjg4LTRiNzMtOTBhOS0zY2QxNjYxZjU0NjYSBWxvY2Fs',
    email: 'alice@example.com',
    email_verified: true,
    groups: ['staff'],
    name: 'alice',
    preferred_username: 'alice',
  }
  return issuer
}

import { type Behave, endpoints } from './vendor-party.js'

/** GitLab below a path: ID tokens of two minutes, groups at userinfo only, single-use refresh tokens. */
export const likeGitlab: Behave = (provider) => {
  const issuer = `${provider.issuer}/gitlab`
  endpoints(provider, issuer, {
    authorize: '/gitlab/oauth/authorize',
    token: '/gitlab/oauth/token',
    jwks: '/gitlab/oauth/discovery/keys',
    userinfo: '/gitlab/oauth/userinfo',
    revocation_endpoint: '/gitlab/oauth/revoke',
  })
  provider.metadata['scopes_supported'] = ['api', 'read_api', 'openid', 'profile', 'email']
  const issuedAt = Math.floor(Date.now() / 1000)
  provider.claims = { ...provider.claims, sub: '17', groups_direct: ['team'], exp: issuedAt + 120 }
  provider.userinfo = { sub: '17', name: 'Alice', nickname: 'alice', groups: ['team', 'team/web'] }
  const used = new Set<string>()
  provider.tokensFor = (form) => {
    const token = form.get('refresh_token')
    const isUsed = token !== null && used.has(token)
    if (token !== null) used.add(token)
    return {
      expires_in: 7200,
      ...(isUsed ? { access_token: undefined, error: 'invalid_grant' } : {}),
    }
  }
  return issuer
}

import type { VendorProfile } from './profile.js'

export const adfs: VendorProfile = {
  vendor: 'adfs',
  issuers: [/^https:\/\/[^/]+\/adfs$/],
  defaults: {
    // Without `allatclaims` the ID token has next to no claims, and userinfo knows the subject only.
    scopes: ['openid', 'profile', 'email', 'allatclaims'],
    filterScopes: 'offline_access',
    userinfo: 'never',
    claimFallbacks: { email: ['upn'], preferred_username: ['upn', 'unique_name'] },
    accessTokenType: 'lax',
    accessTokenIssuers: ['http://<host>/adfs/services/trust'],
  },
}

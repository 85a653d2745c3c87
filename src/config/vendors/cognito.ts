import type { VendorProfile } from './profile.js'

export const cognito: VendorProfile = {
  vendor: 'cognito',
  issuers: [/^https:\/\/cognito-idp\.[a-z0-9-]+\.amazonaws\.com(\.cn)?\/[^/]+$/],
  defaults: {
    filterScopes: 'offline_access',
    groupsClaim: 'cognito:groups',
    claimFallbacks: { preferred_username: ['cognito:username', 'username'] },
    // Access tokens have no `aud`; `token_use` alone tells them from ID tokens.
    accessTokenType: 'lax',
    accessTokenAudienceClaim: 'client_id',
    accessTokenClaims: { token_use: ['access'] },
    endSession: {
      when: 'always',
      url: '{authorizationOrigin}/logout',
      parameters: { client_id: '{clientId}', logout_uri: '{returnTo}' },
    },
  },
}

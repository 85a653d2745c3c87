import type { VendorProfile } from './profile.js'

export const auth0: VendorProfile = {
  vendor: 'auth0',
  issuers: [/^https:\/\/[^/]+\.auth0\.com\/?$/],
  defaults: {
    issuerSlash: 'either',
    scopes: ['openid', 'profile', 'email', 'offline_access'],
    accessTokenType: 'lax',
    endSession: {
      // Tenants from before November 2023 announce no logout unless told to.
      when: 'missing',
      url: '<origin>/v2/logout',
      parameters: { client_id: '{clientId}', returnTo: '{returnTo}' },
    },
  },
}

import type { VendorProfile } from './profile.js'

/** With Entra External ID (`ciamlogin.com`) and Azure AD B2C (`b2clogin.com`). */
export const entra: VendorProfile = {
  vendor: 'entra',
  issuers: [
    /^https:\/\/login\.(microsoftonline\.com|microsoftonline\.us|partner\.microsoftonline\.cn)\/(?<tenant>[^/]+)\/v2\.0$/,
    /^https:\/\/[^/]+\.ciamlogin\.com\/(?<tenant>[^/]+)\/v2\.0$/,
    /^https:\/\/[^/]+\.b2clogin\.com\/(?<tenant>[^/]+)\/v2\.0\/$/,
  ],
  defaults: {
    scopes: ['openid', 'profile', 'email', 'offline_access'],
    claimFallbacks: { email_verified: ['xms_edov'], preferred_username: ['upn'] },
    accessTokenType: 'lax',
    // Which version an access token has is up to the API that it is for, not to the ID token beside it.
    accessTokenIssuers: ['https://sts.windows.net/<tenant>/'],
    endSession: {
      when: 'always',
      parameters: {
        client_id: '{clientId}',
        id_token_hint: '{idToken}',
        // Without it people are asked which of their accounts to sign out of.
        logout_hint: '{claim:login_hint}',
        post_logout_redirect_uri: '{returnTo}',
        state: '{state}',
      },
    },
  },
  tenantDefaults: {
    discoveryUrl: '<origin>/organizations/v2.0/.well-known/openid-configuration',
  },
}

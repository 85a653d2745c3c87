import type { VendorProfile } from './profile.js'

/** Of both kinds, the organization's own authorization server and custom ones (`/oauth2/…`). */
export const okta: VendorProfile = {
  vendor: 'okta',
  issuers: [
    /^https:\/\/[^/]+\.(okta|oktapreview|okta-emea|okta-gov)\.com(\/oauth2\/[^/]+)?$/,
    /^https:\/\/[^/]+\.okta\.mil(\/oauth2\/[^/]+)?$/,
  ],
  defaults: { scopes: ['openid', 'profile', 'email', 'offline_access'], accessTokenType: 'lax' },
}

import type { VendorProfile } from './profile.js'

export const google: VendorProfile = {
  vendor: 'google',
  issuers: [/^https:\/\/accounts\.google\.com$/],
  defaults: {
    // What other providers have the scope `offline_access` for.
    extraParameters: { access_type: 'offline' },
    filterScopes: 'all',
  },
  withoutGroups: 'Google sends no groups in tokens or at userinfo',
}

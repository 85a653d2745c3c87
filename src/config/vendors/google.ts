import type { VendorProfile } from './profile.js'

export const google: VendorProfile = {
  vendor: 'google',
  issuers: [/^https:\/\/accounts\.google\.com$/],
  defaults: { filterScopes: 'all' },
  withoutGroups: 'Google sends no groups in tokens or at userinfo',
}

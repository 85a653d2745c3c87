import type { VendorProfile } from './profile.js'

export const dex: VendorProfile = {
  vendor: 'dex',
  issuers: [/^https?:\/\/[^/]+(\/[^?#]*)?\/dex$/, /^https?:\/\/dex\.[^/]+$/],
  defaults: { scopes: ['openid', 'profile', 'email', 'groups', 'offline_access'] },
}

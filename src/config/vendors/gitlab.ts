import type { VendorProfile } from './profile.js'

export const gitlab: VendorProfile = {
  vendor: 'gitlab',
  issuers: [/^https:\/\/gitlab\.[^/]+(\/[^?#]*)?$/, /^https:\/\/[^/]+\/gitlab$/],
  // Refresh tokens come without `offline_access`, which is an unknown scope there.
  defaults: { filterScopes: 'all' },
}

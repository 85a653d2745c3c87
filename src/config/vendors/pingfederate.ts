import type { VendorProfile } from './profile.js'

export const pingfederate: VendorProfile = {
  vendor: 'pingfederate',
  issuers: [],
  defaults: {
    accessTokenType: 'lax',
    endSession: { when: 'missing', url: '<issuer>/idp/init_logout.openid' },
  },
}

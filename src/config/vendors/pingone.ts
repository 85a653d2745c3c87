import type { VendorProfile } from './profile.js'

export const pingone: VendorProfile = {
  vendor: 'pingone',
  issuers: [/^https:\/\/auth\.pingone\.[a-z.]+\/[^/]+\/as$/],
  defaults: {
    accessTokenType: 'lax',
    // At the domain of the issuer, which may be one of your own.
    endSession: { when: 'missing', url: '<issuer>/signoff' },
  },
}

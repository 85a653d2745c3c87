import type { VendorProfile } from './profile.js'

/** PingAM and PingOne Advanced Identity Cloud, earlier ForgeRock and OpenAM. */
export const pingam: VendorProfile = {
  vendor: 'pingam',
  issuers: [/^https:\/\/[^/]+\/(am|openam)\/oauth2(\/.+)?$/],
  defaults: {
    accessTokenType: 'lax',
    endSession: { when: 'missing', url: '<issuer>/connect/endSession' },
  },
}

/** The providers whose ways are known here. PingFederate, PingOne and PingAM are three. */
export const vendorNames = [
  'google',
  'okta',
  'auth0',
  'keycloak',
  'entra',
  'dex',
  'gitlab',
  'cognito',
  'pingfederate',
  'pingone',
  'pingam',
  'adfs',
] as const

export type VendorName = (typeof vendorNames)[number]

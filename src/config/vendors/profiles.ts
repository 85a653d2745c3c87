import { adfs } from './adfs.js'
import { auth0 } from './auth0.js'
import { cognito } from './cognito.js'
import { dex } from './dex.js'
import { entra } from './entra.js'
import { gitlab } from './gitlab.js'
import { google } from './google.js'
import { keycloak } from './keycloak.js'
import { okta } from './okta.js'
import { pingam } from './pingam.js'
import { pingfederate } from './pingfederate.js'
import { pingone } from './pingone.js'
import type { VendorProfile } from './profile.js'

const vendorProfiles: readonly VendorProfile[] = [
  google,
  okta,
  auth0,
  keycloak,
  entra,
  dex,
  gitlab,
  cognito,
  pingfederate,
  pingone,
  pingam,
  adfs,
]

/** The vendor by name, else by the form of the issuer; undefined for one that is none of them. */
export function findProfile(vendor: unknown, issuer: string): VendorProfile | undefined {
  if (vendor !== undefined) return vendorProfiles.find((profile) => profile.vendor === vendor)
  return vendorProfiles.find(({ issuers }) => issuers.some((pattern) => pattern.test(issuer)))
}

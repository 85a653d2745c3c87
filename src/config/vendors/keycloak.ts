import type { VendorProfile } from './profile.js'

export const keycloak: VendorProfile = {
  vendor: 'keycloak',
  issuers: [/^https?:\/\/[^/]+(\/[^?#]*)?\/realms\/[^/]+$/],
  defaults: { rolesClaim: ['realm_access', 'roles'], accessTokenType: 'lax' },
}

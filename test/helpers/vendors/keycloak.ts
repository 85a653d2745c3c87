import { type Behave, endpoints } from './vendor-party.js'

const behave =
  (path: string): Behave =>
  (provider) => {
    const issuer = provider.issuer + path
    const at = `${path}/protocol/openid-connect`
    endpoints(provider, issuer, {
      authorize: `${at}/auth`,
      token: `${at}/token`,
      jwks: `${at}/certs`,
      userinfo: `${at}/userinfo`,
      end_session_endpoint: `${at}/logout`,
      revocation_endpoint: `${at}/revoke`,
    })
    const sub = '6f1d4c4c-2a43-4a76-9d1c-0d6a6b4f9a11'
    provider.claims = {
      ...provider.claims,
      sub,
      typ: 'ID',
      azp: 'app',
      sid: 'b5c9-session',
      acr: '1',
      preferred_username: 'alice',
      email: 'alice@example.com',
      email_verified: false,
    }
    // As with the mappers of roles and groups for userinfo; by default they are in access tokens only.
    provider.userinfo = {
      sub,
      email: 'alice@example.com',
      email_verified: false,
      groups: ['/staff', '/staff/it'],
      realm_access: { roles: ['editor'] },
      resource_access: { shop: { roles: ['buyer'] }, account: { roles: ['manage-account'] } },
    }
    provider.tokensFor = () => ({ refresh_expires_in: 1800, 'not-before-policy': 0 })
    return issuer
  }

/** Keycloak since 17. */
export const likeKeycloak = behave('/realms/main')
/** Keycloak before 17. */
export const likeOldKeycloak = behave('/auth/realms/main')

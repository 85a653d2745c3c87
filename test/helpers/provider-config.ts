import type { ProviderConfig } from '../../src/config/schema.js'

/** The configuration of a provider with every default filled in, as the program sees it. */
export function providerConfig(
  settings: Pick<ProviderConfig, 'issuer'> & Partial<ProviderConfig>,
): ProviderConfig {
  return {
    id: 'corp',
    clientId: 'app',
    clientSecret: 'client secret with :%+ and more',
    clientAuthentication: 'client_secret_basic',
    clientAssertionAudience: 'issuer',
    scopes: ['openid', 'profile', 'email'],
    responseMode: 'query',
    pushedAuthorizationRequests: 'auto',
    signedAuthorizationRequests: 'auto',
    resources: [],
    extraParameters: {},
    startParameters: { login_hint: 'any', ui_locales: 'any' },
    userinfo: 'needed',
    groupsClaim: 'groups',
    rolesClaim: 'roles',
    assumeEmailVerified: false,
    dpop: 'off',
    trustedAudiences: [],
    requireLogoutTokenExpiry: false,
    logoutTokenEnds: 'session',
    accessTokenType: 'at+jwt',
    accessTokenVerification: 'jwt',
    introspectionMaxAge: 60_000,
    clockTolerance: 30_000,
    maxIdTokenAge: 600_000,
    defaultAccessTokenLifetime: 300_000,
    plainCallback: false,
    allowInsecureIssuer: false,
    timeout: 5000,
    ...settings,
  }
}

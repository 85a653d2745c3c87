const isCodeFlowOnly = 'only the code flow is used, in which no token comes through the browser'
const isRegistered = 'the client is registered by the operator, and the issuer is configured'
const isNotPolled =
  'polling in a frame needs third-party cookies; a back-channel logout does the same at once'
const isByValue = 'requests are pushed or sent by value; the provider fetches none from here'

/** Why there is no test by the name of a requirement. */
export const reasons: Readonly<Record<string, string>> = {
  'SM-1': isNotPolled,
  'AT-2':
    'optional, and not offered: a challenge says what is missing and where to sign in, without metadata of the resource',
  K12: 'a setting of the client in the console of Keycloak, which docs/providers/keycloak.md names; both channels are tested as BCL and FCL',
  K15: 'no behavior of its own: pushed requests, DPoP, certificates and the FAPI 2.0 profile are tested for any provider',
  'oidcc-client-test-session-management': isNotPolled,
  'oidcc-client-test-discovery-webfinger-acct': isRegistered,
  'oidcc-client-test-discovery-webfinger-url': isRegistered,
  'oidcc-client-test-dynamic-registration': isRegistered,
  'oidcc-client-test-request-uri-signed-none': isByValue,
  'oidcc-client-test-request-uri-signed-rs256': isByValue,
  'oidcc-client-test-missing-athash': `${isCodeFlowOnly}; there at_hash is optional`,
  'oidcc-client-test-invalid-chash': isCodeFlowOnly,
  'oidcc-client-test-missing-chash': isCodeFlowOnly,
  'oidcc-client-test-userinfo-bearer-body':
    'access tokens go in the Authorization header alone (RFC 6750 §2.1)',
  'B16-19': 'the session is in the store; its cookie is one ticket, and never in parts',
}

const isCodeFlowOnly = 'only the code flow is used, in which no token comes through the browser'
const isRegistered = 'the client is registered by the operator, and the issuer is configured'

/** Why a requirement is not tested by its name: it does not apply. */
export const reasons: Readonly<Record<string, string>> = {
  'SM-1':
    'polling in a frame needs third-party cookies; a back-channel logout does the same at once',
  'oidcc-client-test-session-management':
    'polling in a frame needs third-party cookies; a back-channel logout does the same at once',
  'oidcc-client-test-discovery-webfinger-acct': isRegistered,
  'oidcc-client-test-discovery-webfinger-url': isRegistered,
  'oidcc-client-test-dynamic-registration': isRegistered,
  'oidcc-client-test-request-uri-signed-none':
    'requests are pushed or sent by value; the provider fetches none from here',
  'oidcc-client-test-request-uri-signed-rs256':
    'requests are pushed or sent by value; the provider fetches none from here',
  'oidcc-client-test-missing-athash': `${isCodeFlowOnly}; there at_hash is optional`,
  'oidcc-client-test-invalid-chash': isCodeFlowOnly,
  'oidcc-client-test-missing-chash': isCodeFlowOnly,
  'oidcc-client-test-userinfo-bearer-body':
    'access tokens go in the Authorization header alone (RFC 6750 §2.1)',
}

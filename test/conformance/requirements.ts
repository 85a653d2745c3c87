/** What has to be a test by its name, or be listed with the reason why it does not apply. */
export interface Requirement {
  readonly id: string
  /** What it is about, in a few words; empty for what says it in its name. */
  readonly title: string
}

const list = (lines: string): Requirement[] =>
  lines
    .trim()
    .split('\n')
    .map((line) => {
      const [id = '', ...words] = line.trim().split(' ')
      return { id, title: words.join(' ') }
    })

/** By section of the table, in its order. */
export const requirements: Readonly<Record<string, readonly Requirement[]>> = {
  Specifications: list(`
    CORE-1 Authorization request has response_type=code, scope containing openid, client_id, exact
    CORE-2 Callback with error=access_denied/login_required/etc shows an error
    CORE-3 Unknown, reused, expired or cross-browser state
    CORE-4 If id_token encryption was configured, an unencrypted id_token is rejected
    CORE-5 iss differing by case, trailing slash, port or scheme
    CORE-6 aud missing, wrong
    CORE-7 azp present and != client_id
    CORE-8 Signature verified against issuer JWKS even from token endpoint
    CORE-9 HS* only if explicitly configured
    CORE-10 exp in the past beyond skew
    CORE-11 iat missing
    CORE-12 nonce missing or different
    CORE-13 If acr_values/claims requested as essential, returned acr must be in the set else step-up
    CORE-14 If max_age sent
    CORE-15 at_hash present and wrong
    CORE-16 sub missing, empty, >255 chars or non-string
    CORE-17 userinfo sub != id_token sub
    CORE-18 unknown kid
    CORE-19 refreshed id_token
    CORE-20 response without refresh_token keeps the old one
    CORE-21 offline_access sent with prompt=consent only when IdP needs it
    CORE-22 initiate_login accepts iss
    CORE-23 login_required/consent_required/interaction_required mapped to 401 not loop
    CORE-24 _claim_names/_claim_sources recognised, never treated as "no groups" silently
    CORE-25 (iss, sub) is the user key
    CORE-26 token_type compared case-insensitively
    CORE-27 client_secret_basic form-url-encodes id and secret before base64
    DISC-1 URL = issuer with terminating "/" removed + /.well-known/openid-configuration
    DISC-2 metadata issuer must equal configured issuer exactly, else startup/refresh fails closed
    DISC-3 https required for all endpoints except explicit insecure flag
    DISC-4 IdP down at boot
    DISC-5 JWKS with unknown kty/use=enc/duplicate kid/key without alg is tolerated
    RPL-1 logout redirect has id_token_hint
    RPL-2 local session destroyed BEFORE redirect
    RPL-3 post-logout callback accepted with missing or different state without error page loop
    RPL-4 logout is POST or GET with CSRF token/sid
    RPL-5 rd/returnTo only to allow-list
    BCL-1 POST application/x-www-form-urlencoded
    BCL-2 encrypted expected but plain
    BCL-3 signature by issuer JWKS; alg same policy as id_token
    BCL-4 iss, aud, iat, exp validated like id_token
    BCL-5 neither sub nor sid
    BCL-6 events must be an object containing http://schemas.openid.net/event/backchannel-logout
    BCL-7 nonce present
    BCL-8 jti required
    BCL-9 typ
    BCL-10 sid present
    BCL-11 refresh tokens without offline_access SHOULD be revoked
    BCL-12 success exactly 200
    BCL-13 endpoint needs no session cookie/CSRF, is rate limited, must be exempt from
    BCL-14 Redis down during BCL
    FCL-1 endpoint takes iss+sid both or neither
    FCL-2 response Cache-Control
    FCL-3 works without cookies
    SM-1 session_state stored and exposed at /session for apps wanting check_session_iframe
    BCP-1 no open redirector on any proxy endpoint
    BCP-2 CSRF: state bound to browser
    BCP-3 >1 issuer configured
    BCP-4 PKCE S256 always, transaction specific, bound to user agent
    BCP-5 never response_type=token
    BCP-6 refresh tokens stored encrypted, never to browser/upstream
    BCP-7 audience-restrict AT per upstream
    BCP-8 no ROPC
    BCP-9 private_key_jwt/mTLS supported & recommended
    BCP-10 Referrer-Policy
    BCP-11 303
    BCP-12 strip inbound identity/cert headers from clients
    BCP-13 refresh rotation
    ISS-1 metadata says supported and iss missing
    ISS-2 iss != issuer
    ISS-3 iss present though unsupported
    PKCE-1 verifier 43-128 unreserved chars, fresh
    PKCE-2 only S256; never plain
    PKCE-3 metadata without code_challenge_methods_supported
    PAR-1 POST with client auth
    PAR-2 request_uri one-time, expires_in respected
    PAR-3 require_pushed_authorization_requests
    PAR-4 413/429/5xx surfaces 502/503 page
    JAR-1 request object signed, typ oauth-authz-req+jwt, iss=client_id, aud=issuer, exp<=5 min, jti
    JAR-2 all params inside
    JARM-1 response JWT: alg != none & allowed, iss, aud=client_id, exp checked before reading code
    PKJ-1 iss=sub=client_id, aud = issuer
    PKJ-2 new assertion for every attempt incl
    PKJ-3 key from file/KMS, reload without restart, kid published at proxy JWKS
    MTLS-1 tls_client_auth & self_signed
    MTLS-2 mtls_endpoint_aliases used when present
    MTLS-3 cnf.x5t#S256 checked when AT is JWT and validated locally
    MTLS-4 cert hot reload
    DPOP-1 proof typ dpop+jwt, asymmetric alg, public jwk only, jti, htm, htu without
    DPOP-2 token_type must be DPoP else reject when required
    DPOP-3 400 use_dpop_nonce
    DPOP-4 RS 401 DPoP error="use_dpop_nonce" retry
    DPOP-5 to upstream
    DPOP-6 key per session, stored encrypted
    DPOP-7 dpop_jkt / proof at PAR
    REV-1 logout revokes refresh_token
    REV-2 200 for unknown token ok
    INTRO-1 bearer opaque token
    INTRO-2 cache key = hash(token)+endpoint, TTL <= min(exp, cfg), negative cache short
    INTRO-3 RFC 9701 JWT response verified if used
    TX-1 per-route exchange
    RES-1 resource absolute URI, no fragment, repeatable, sent on auth, code and refresh
    STEP-1 upstream 401 Bearer error="insufficient_user_authentication", acr_values=...,
    STEP-2 after re-auth acr/auth_time verified else 403; loop guard
    STEP-3 per-route required acr/max_age in config works w/o upstream
    BEAR-1 only Authorization header
    BEAR-2 no credentials
    BEAR-3 invalid_request 400, invalid_token 401, insufficient_scope 403 with scope
    BEAR-4 two credentials
    AT-1 typ at+jwt or application/at+jwt
    AT-2 RFC 9728 : optional protected-resource metadata + resource_metadata in WWW-Authenticate
    JWT-1 alg allow-list, key-type binding, typ separation, no jku/x5u fetch, size cap before
    FAPI-1 confidential client, mTLS or private_key_jwt
    FAPI-2 PAR mandatory
    FAPI-3 sender-constrained AT: mTLS or DPoP
    FAPI-4 PS256, ES256, EdDSA(Ed25519) only
    FAPI-5 AT only in Authorization header
    FAPI-6 clock
    FAPI-7 refresh
    FAPI-8 nonce optional w/ PKCE, but if sent must match
  `),
  Providers: list(`
    G1 refresh token only with access_type=offline and
    G2 second consent returns no refresh_token
    G3 no end_session_endpoint
    G4 no groups claim
    G5 iss may be accounts.google.com without https in legacy tokens
    G6 refresh response returns id_token, no new RT. Test
    G7 Testing-status apps
    G8 access tokens opaque
    G9 no PAR/DPoP; PKCE supported
    O1 two kinds of AS: org
    O2 RT needs offline_access scope + grant enabled
    O3 groups need groups claim filter
    O4 logout requires id_token_hint
    O5 key rotation 4x/yr
    O6 userinfo rate limits
    O7 PKCE/PAR/DPoP supported on OIE
    A1 issuer has trailing slash https://t.auth0.com/; user config often lacks it
    A2 without audience AT is opaque
    A3 rotation with reuse detection
    A4 logout
    A5 custom claims must be namespaced URIs
    A6 Back-channel logout Enterprise plan only, one URL, https public, sid based
    A7 federated logout param
    A8 123, google-oauth2/1: header/cache key safe with /
    A9 refresh needs offline_access + API "allow offline access"; MFA step-up by acr_values
    A10 private_key_jwt, mTLS, PAR, DPoP in HRI add-on
    K1 issuer path /realms/r
    K2 roles in realm_access.roles, resource_access.<client>.roles in ACCESS token by default
    K3 SSO Session Idle
    K4 "Revoke Refresh Token"
    K5 back-channel logout token
    K6 sid in id_token = user session id
    K7 AT aud defaults to account; audience mapper needed
    K8 frontend vs backchannel hostname
    K9 logout needs id_token_hint or client_id + post_logout_redirect_uri
    K10 offline_access
    K11 email_verified false by default
    K12 frontchannel logout default on for new clients
    K13 realm key rotation keeps passive keys
    K14 lightweight access tokens
    K15 PAR, DPoP
    E1 organizations/consumers)
    E2 groups >200
    E3 groups are GUIDs
    E4 v1 vs v2: iss https://sts.windows.net/<tid>/ & upn, appid vs v2
    E5 AT for Graph is not validatable
    E6 email optional, unverified, mutable
    E7 RT always rotates, old one stays valid
    E8 no revocation_endpoint
    E9 front-channel logout with sid
    E10 workload identity federation
    E11 large tokens
    E12 B2C/External ID issuers differ per policy
    E13 string expires_in in old v1 endpoint
    E14 userinfo is on graph.microsoft.com and returns little
    D1 routes
    D2 signing keys rotate every 6 h
    D3 RT rotation on by default, reuseInterval 3 s, idle 168 h
    D4 sub is protobuf base64 of user+connector
    D5 issuer path /dex
    D6 access token is a JWT equal in form to id_token
    D7 no sid, no BCL
    L1 id_token life 2 min by default
    L2 no offline_access scope
    L3 groups only in userinfo, groups_direct in id_token;
    L4 no end_session
    L5 self-managed under subpath needs issuer with path ;
    L6 sub is numeric string
    L7 automatic reuse detection
    C1 no usable end_session_endpoint
    C2 issuer host cognito-idp.<region>.amazonaws.com/<pool> differs from hosted-UI domain of
    C3 revocation /oauth2/revoke revokes RT
    C4 refresh
    C5 groups in cognito:groups, username cognito:username
    C6 no offline_access scope
    C7 state/nonce ok, PKCE ok
    C8 email_verified can be string "true"
    C9 custom scopes resource/scope
    P1 PingFederate logout /idp/init_logout.openid
    P2 PingOne /<env>/as/signoff, iss = https://auth.pingone.<region>/<env>/as or custom
    P3 PingAM: endSession returns 204 without post_logout_redirect_uri
    P4 PingFederate pi.sri session ref, rolling refresh tokens optional, multiple issuers by
    P5 PF access tokens reference
    F1 issuer https://fs/adfs, access_token_issuer = http://fs/adfs/services/trust in
    F2 scopes_supported has allatclaims
    F3 resource param required for API tokens
    F4 userinfo returns only sub
    F5 subject_types pairwise;
    F6 loses query params in state
    F7 RT lifetime depends on device registration/KMSI; without KMSI no further RT issued
    F8 end_session + front-channel logout
    F9 clock
    F10 old versions lack PKCE metadata
    F11 offline_access not in scopes_supported
    X1 scopes filtered by scopes_supported only when listed
    X2 groups claim may be string, comma string, array, array of objects, JSON string
    X3 claim names with ., /, : : use JSON-pointer or array path
    X4 boolean strings
    X5 429 with Retry-After at token, userinfo and JWKS endpoints
    X6 token endpoint 401 invalid_client
    X7 IdP returns HTML error page 200
    X8 id_token with several audiences + azp
    X9 clock skew +-60 s
    X10 JWKS 304/ETag/Cache-Control
    X11 response_mode=form_post when query too long
    X12 proxied egress
  `),
  'Conformance suite: Basic and Form Post': list(`
    oidcc-client-test
    oidcc-client-test-invalid-iss
    oidcc-client-test-missing-sub
    oidcc-client-test-invalid-aud
    oidcc-client-test-missing-iat
    oidcc-client-test-kid-absent-single-jwks
    oidcc-client-test-kid-absent-multiple-jwks
    oidcc-client-test-idtoken-sig-rs256
    oidcc-client-test-idtoken-sig-none
    oidcc-client-test-invalid-sig-rs256
    oidcc-client-test-userinfo-invalid-sub
    oidcc-client-test-nonce-invalid
    oidcc-client-test-scope-userinfo-claims
    oidcc-client-test-client-secret-basic
    oidcc-client-test-form-post-error
  `),
  'Conformance suite: Config': list(`
    oidcc-client-test-discovery-openid-config
    oidcc-client-test-discovery-jwks-uri-keys
    oidcc-client-test-discovery-issuer-mismatch
    oidcc-client-test-signing-key-rotation
    oidcc-client-test-signing-key-rotation-just-before-signing
  `),
  'Conformance suite: Refresh': list(`
    oidcc-client-test-refresh-token
    oidcc-client-test-refresh-token-invalid-issuer
    oidcc-client-test-refresh-token-invalid-sub
  `),
  'Conformance suite: Logout': list(`
    oidcc-client-test-rp-init-logout
    oidcc-client-test-rp-init-logout-no-state
    oidcc-client-test-rp-init-logout-other-state
    oidcc-client-test-rp-backchannel-rpinitlogout
    oidcc-client-test-rp-backchannel-rpinitlogout-alg-none
    oidcc-client-test-rp-backchannel-rpinitlogout-no-event
    oidcc-client-test-rp-backchannel-rpinitlogout-with-nonce
    oidcc-client-test-rp-backchannel-rpinitlogout-wrong-alg
    oidcc-client-test-rp-backchannel-rpinitlogout-wrong-aud
    oidcc-client-test-rp-backchannel-rpinitlogout-wrong-event
    oidcc-client-test-rp-backchannel-rpinitlogout-wrong-iss
    oidcc-client-test-rp-frontchannel-rpinitlogout
    oidcc-client-test-rp-frontchannel-opinitlogout
    oidcc-client-test-session-management
  `),
  'Conformance suite: FAPI 2.0 client': list(`
    fapi2-security-profile-final-client-refresh-token-test
    fapi2-security-profile-final-client-test-happy-path
    fapi2-security-profile-final-client-test-happy-path-no-dpop-nonce
    fapi2-security-profile-final-client-test-discovery-issuer-mismatch
    fapi2-security-profile-final-client-test-invalid-authorization-response-iss
    fapi2-security-profile-final-client-test-remove-authorization-response-iss
    fapi2-security-profile-final-client-test-ensure-authorization-response-with-invalid-state-fails
    fapi2-security-profile-final-client-test-ensure-authorization-response-with-invalid-missing-state-fails
    fapi2-security-profile-final-client-test-invalid-alternate-alg
    fapi2-security-profile-final-client-test-invalid-aud
    fapi2-security-profile-final-client-test-invalid-expired-exp
    fapi2-security-profile-final-client-test-invalid-iss
    fapi2-security-profile-final-client-test-invalid-missing-aud
    fapi2-security-profile-final-client-test-invalid-missing-exp
    fapi2-security-profile-final-client-test-invalid-missing-iss
    fapi2-security-profile-final-client-test-invalid-missing-nonce
    fapi2-security-profile-final-client-test-invalid-nonce
    fapi2-security-profile-final-client-test-invalid-null-alg
    fapi2-security-profile-final-client-test-invalid-secondary-aud
    fapi2-security-profile-final-client-test-valid-aud-as-array
    fapi2-security-profile-final-client-test-token-type-case-insensitivity
    fapi2-security-profile-final-client-test-token-endpoint-response-without-expires_in
    fapi2-security-profile-final-client-test-rs-dpop-auth-scheme-case-insensitivity
  `),
  'Conformance suite: Dynamic and others': list(`
    oidcc-client-test-discovery-webfinger-acct
    oidcc-client-test-discovery-webfinger-url
    oidcc-client-test-dynamic-registration
    oidcc-client-test-request-uri-signed-none
    oidcc-client-test-request-uri-signed-rs256
    oidcc-client-test-userinfo-signed
    oidcc-client-test-3rd-party-init-login
    oidcc-client-test-aggregated-claims
    oidcc-client-test-distributed-claims
    oidcc-client-test-invalid-athash
    oidcc-client-test-missing-athash
    oidcc-client-test-invalid-chash
    oidcc-client-test-missing-chash
    oidcc-client-test-invalid-sig-es256
    oidcc-client-test-invalid-sig-hs256
    oidcc-client-test-missing-aud
    oidcc-client-test-mtls-endpoint-aliases
    oidcc-client-test-nonce-unless-code-flow
    oidcc-client-test-userinfo-bearer-body
    oidcc-client-test-userinfo-bearer-header
  `),
}

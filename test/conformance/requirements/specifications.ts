/** What the specifications ask of a relying party, by an id for each demand. */
export const specifications = `
  CORE-1 A login asks for a code with fresh state, nonce and challenge, to the exact redirect URI.
  CORE-2 An error of the provider is shown once, escaped, and after the state was checked.
  CORE-3 A state that is unknown, reused, expired or of another browser costs no token request.
  CORE-4 An encrypted ID token is refused, since encryption is not offered.
  CORE-5 The issuer must be the same, character by character.
  CORE-6 The audience must be the client, with no other that is not known.
  CORE-7 An authorized party must be the client.
  CORE-8 The signature is verified against the keys of the issuer, by an algorithm that is allowed.
  CORE-9 A shared secret verifies only where that is set, and a public key never is one.
  CORE-10 A token that has expired, or does not say when it does, is refused.
  CORE-11 A token without a time of issue, or with one that cannot be, is refused.
  CORE-12 The nonce must be that of this login, once.
  CORE-13 The authentication context must be one of those that were asked for.
  CORE-14 An authentication must not be older than was asked for.
  CORE-15 A hash of the access token that does not fit is refused.
  CORE-16 A subject must be a text of 1 to 255 characters.
  CORE-17 Userinfo counts only as an object about the same subject.
  CORE-18 An unknown key makes the keys be fetched anew, once and not too often.
  CORE-19 The ID token of a refresh must be of the same login, or the session ends.
  CORE-20 Without a new refresh token the old one stays; a new one takes its place.
  CORE-21 Offline access is asked for only where it is set, and consent only where it is needed.
  CORE-22 Another site may begin a login, at a known issuer and towards a known place.
  CORE-23 A silent login that is refused ends in an answer, not in a circle.
  CORE-24 Claims that are kept elsewhere are never taken for absent, nor is their address trusted.
  CORE-25 A user is issuer and subject together; an address is nobody's key.
  CORE-26 Token responses are read with the tolerance that the specification asks for.
  CORE-27 Client id and secret are form-encoded before they become a Basic header.
  DISC-1 The metadata are below the issuer, less its last slash.
  DISC-2 Metadata that name another issuer are not believed.
  DISC-3 Endpoints must be https unless that is waived, and at addresses that are allowed.
  DISC-4 A provider that is away stops neither the start nor the sessions that there are.
  DISC-5 Keys that cannot be used are passed over, and their number and size are bounded.
  RPL-1 The logout request has hint, client, return address and state, by POST if it is long.
  RPL-2 The session ends here before the browser is sent on, and also if there is nowhere to go.
  RPL-3 People come back from a logout without a state, or with another one, to a page.
  RPL-4 No other site can sign people out.
  RPL-5 A return address leads only to places that are allowed.
  BCL-1 A logout token comes as one form parameter, by POST.
  BCL-2 An encrypted logout token is refused, since encryption is not offered.
  BCL-3 The signature of a logout token is held to what holds for ID tokens.
  BCL-4 Issuer, audience and times of a logout token are held to what holds for ID tokens.
  BCL-5 A logout token names a subject, a session, or both.
  BCL-6 A logout token has the event of a logout, which is an object.
  BCL-7 A logout token with a nonce is refused.
  BCL-8 A logout token is obeyed once, on all replicas together.
  BCL-9 Logout tokens and ID tokens do not pass for each other.
  BCL-10 A session id ends its sessions, a subject alone all of the person.
  BCL-11 A logout by the provider drops the tokens of the session.
  BCL-12 The answer is exactly 200 or 400, and nobody keeps it.
  BCL-13 The endpoint needs no cookie and is rate limited, and no login or refresh undoes a logout.
  BCL-14 Without the store a logout is not confirmed; with it, it holds on every replica.
  FCL-1 Issuer and session id come together or not at all.
  FCL-2 Only the provider may frame the answer, and nobody keeps it.
  FCL-3 A front-channel logout works without cookies, and revokes no tokens.
  SM-1 The state of the session at the provider is told to applications that poll it.
  BCP-1 No endpoint redirects to where it is told by a stranger.
  BCP-2 An authorization response counts only in the browser that began the login.
  BCP-3 Answers of several providers cannot be mixed up.
  BCP-4 Each login has a PKCE challenge of its own, by S256, bound to the browser.
  BCP-5 No token is ever asked for through the browser.
  BCP-6 Refresh tokens are stored encrypted, and no browser gets one.
  BCP-7 An access token goes only to the upstreams that it is for.
  BCP-8 Nobody's password is exchanged for tokens.
  BCP-9 A client can authenticate by a key or a certificate instead of a secret.
  BCP-10 No answer tells the next site where the browser was.
  BCP-11 A redirect that answers a POST does not repeat it.
  BCP-12 Headers of identity that a client sends do not reach the application.
  BCP-13 A refresh token that the provider refuses ends the session, and is not tried again.
  ISS-1 A response without the issuer is refused where the provider announces it.
  ISS-2 A response with another issuer is refused.
  ISS-3 An issuer that nobody announced must be right, too.
  PKCE-1 The verifier is fresh and has 43 to 128 unreserved characters.
  PKCE-2 The challenge is S256, and the verifier goes with the code.
  PKCE-3 The challenge is sent whatever the metadata say of it.
  PAR-1 The request is pushed by the authenticated client, and the browser carries a reference.
  PAR-2 A reference is used for one login.
  PAR-3 Where requests must be pushed they are, and a failure is never got round.
  PAR-4 A push that is refused or unavailable ends at a page that says so.
  JAR-1 A request object is signed, typed, short-lived and for the issuer alone.
  JAR-2 All parameters are inside of the request object.
  JARM-1 The JWT of a response is verified before its code is read, and plain parameters are ignored.
  PKJ-1 A client assertion names the client and the issuer, and lives for a minute at most.
  PKJ-2 Every attempt has an assertion of its own.
  PKJ-3 Keys of the client are replaced without a restart, and published.
  MTLS-1 A client is authenticated by its certificate, of an authority or of its own making.
  MTLS-2 Aliases for certificates are used, and one that cannot be used is an error.
  MTLS-3 A token that is bound to a certificate is not taken from somebody else.
  MTLS-4 A certificate is replaced without a restart.
  DPOP-1 A proof has the type, the key and the claims that the specification asks for.
  DPOP-2 A token that is not bound is refused where binding is demanded.
  DPOP-3 A nonce that the provider asks for is used in one more attempt, and remembered.
  DPOP-4 A nonce that an upstream asks for is used if the request can be sent again.
  DPOP-5 An upstream gets the token with a proof for its own address, and never as a bearer token.
  DPOP-6 Each session has a key of its own, which is stored encrypted.
  DPOP-7 The authorization request names the key that the code will be bound to.
  REV-1 A logout revokes the tokens, and waits for nobody.
  REV-2 A token that the provider does not know is revoked all the same.
  INTRO-1 An opaque token is asked about as the client, and counts if it is active.
  INTRO-2 Answers are kept for a short time; without one the token is neither good nor bad.
  INTRO-3 A signed answer is verified.
  TX-1 An upstream may have a token of its own by exchange, and never gets another one instead.
  RES-1 The resources of a client are sent at each step.
  STEP-1 An upstream gets the authentication that it asks for, where a person can give it.
  STEP-2 A login that does not bring it is refused, and makes no circle.
  STEP-3 A route can ask for it by itself.
  BEAR-1 A token is taken from the Authorization header alone.
  BEAR-2 Without credentials the challenge names no error.
  BEAR-3 Each kind of refusal has its status and its error.
  BEAR-4 Of cookie and token together, always the same one counts.
  AT-1 An access token has the type, issuer, audience and expiry that it must have.
  AT-2 Metadata of the protected resource tell programs where to get a token.
  JWT-1 What a token says of its own key is ignored, and its size is bounded.
  FAPI-1 The client authenticates by key or certificate, for the issuer alone.
  FAPI-2 Requests are pushed, with PKCE, and responses name the issuer.
  FAPI-3 Access tokens are bound to a key or a certificate.
  FAPI-4 Only PS256, ES256 and EdDSA count, with keys that are long enough.
  FAPI-5 Access tokens are in the Authorization header alone.
  FAPI-6 A clock may be ten seconds ahead, not a minute.
  FAPI-7 A refresh may bring another refresh token, or none.
  FAPI-8 A nonce that is sent must come back; all messages can be signed.
`

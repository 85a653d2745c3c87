/** What mod_auth_openidc once had to correct. */
export const modAuthOpenidc = `
  B16-1 A parameter that comes twice is refused.
  B16-2 Unknown keys cannot make the keys be fetched without end.
  B16-3 A newer session stays in the index of its subject when an older one ends.
  B16-4 An instant beyond every calendar overflows nothing.
  B16-5 A list is no userinfo.
  B16-6 A login makes a new session id.
  B16-7 The ID token of a refresh is verified.
  B16-8 A front-channel logout by session id alone revokes no tokens.
  B16-9 Extra parameters do not take the place of core ones.
  B16-10 Whoever begins a login chooses none of its parameters but those allowed.
  B16-11 No text from outside becomes markup or script.
  B16-12 A domain is compared as a whole.
  B16-13 Headers of identity are removed where nobody needs to be signed in, too.
  B16-14 A logout token needs time and id.
  B16-15 A request that is repeated with a nonce has another client assertion.
  B16-16 An alias for certificates that cannot be used is an error.
  B16-17 DPoP is not forced where a certificate binds.
  B16-18 Beside a pushed request nothing else goes through the browser.
  B16-19 A cookie in parts is read as it was written.
  B16-20 A carriage return alone gets into no header.
  B16-21 A body that inflates without end is bounded.
  B16-22 A connection to Redis that died sends nobody to the login.
  B16-23 Refreshes at once make one token call, and failures are not repeated at each request.
  B16-24 A lifetime as text is a lifetime.
  B16-25 A strict session cookie works in real browsers.
  B16-26 A state of another login is an error of the client, not of the server.
  B16-27 A provider that fails at a refresh does not end the session.
  B16-28 No secret is in the log.
  B16-29 A look at the session refreshes nothing.
  B16-30 What has expired is not stored, and is no error.
`

/** How the providers that people use differ from the specifications and from each other. */
export const providers = `
  G1 Google gives a refresh token for a parameter instead of a scope.
  G2 Google gives none at a second consent.
  G3 Google has no logout to go to.
  G4 Google has no groups, and tells the organization in a claim.
  G5 Google once named itself without https.
  G6 Google sends no new refresh token at a refresh.
  G7 Google ends the refresh tokens of applications in testing after a week.
  G8 Google's access tokens are opaque.
  G9 Google takes PKCE, and no pushed requests.
  O1 Okta has an authorization server of the organization beside custom ones.
  O2 Okta rotates refresh tokens, with some grace.
  O3 Okta leaves groups out of thin ID tokens.
  O4 Okta's logout needs the ID token.
  O5 Okta replaces its keys four times a year.
  O6 Okta limits how often userinfo may be asked.
  O7 Okta takes PKCE.
  A1 Auth0's issuer ends with a slash.
  A2 Auth0 gives opaque access tokens unless an audience is asked for.
  A3 Auth0 ends the family of a refresh token that is used again.
  A4 Auth0's logout is of an older form unless the tenant announces it.
  A5 Auth0's custom claims have URLs as names.
  A6 Auth0's back-channel logout names the session.
  A7 Auth0's logout may go on to the provider behind it.
  A8 Auth0's subjects hold a bar.
  A9 Auth0 asks for a second factor by a context.
  A10 Auth0 tells the organization in a claim.
  K1 Keycloak's issuer has a path, which was once another.
  K2 Keycloak has roles inside of objects, and by default in the access token alone.
  K3 Keycloak ends a session that is idle, and its refresh token with it.
  K4 Keycloak may refuse a refresh token that is used again.
  K5 Keycloak's logout tokens differ by version.
  K6 Keycloak adds its own session state to the callback.
  K7 Keycloak's access tokens are for its account page by default.
  K8 Keycloak may have other addresses inside than outside.
  K9 Keycloak's logout needs a hint, or client and return address.
  K10 Keycloak's offline access outlives the logout.
  K11 Keycloak does not verify addresses by default.
  K12 Keycloak sets new clients to front-channel logout.
  K13 Keycloak goes on publishing keys that sign no more.
  K14 Keycloak's lightweight access tokens drop claims.
  K15 Keycloak takes pushed requests, DPoP, certificates and the FAPI 2.0 profile.
  E1 Entra's tenants share metadata whose issuer is a template.
  E2 Entra sends a reference instead of more than 200 groups.
  E3 Entra's groups are ids; its application roles have names.
  E4 Entra has two versions of access tokens.
  E5 Entra's access tokens for Graph cannot be verified by others.
  E6 Entra's addresses can be changed by their owners.
  E7 Entra's refresh tokens always change, and the old ones stay valid.
  E8 Entra has no revocation.
  E9 Entra logs out by the front channel, and challenges for more claims.
  E10 Entra takes the token of a workload as client assertion.
  E11 Entra's tokens are large.
  E12 Entra's B2C has an issuer for each policy.
  E13 Entra once sent lifetimes as text.
  E14 Entra's userinfo says little.
  D1 Dex has neither logout nor revocation.
  D2 Dex replaces its keys every six hours.
  D3 Dex rotates refresh tokens, with three seconds of grace.
  D4 Dex gives groups and refresh tokens by scope, if the connector can.
  D5 Dex's issuer has a path.
  D6 Dex's access tokens look like ID tokens.
  D7 Dex has no session ids.
  L1 GitLab's ID tokens live for two minutes.
  L2 GitLab gives refresh tokens without a scope, and rotates them.
  L3 GitLab has groups in userinfo, and direct ones in the ID token.
  L4 GitLab has no logout to go to.
  L5 GitLab may be below a path.
  L6 GitLab's subjects are numbers.
  L7 GitLab ends the family of a refresh token that is used again.
  C1 Cognito's logout has parameters of its own.
  C2 Cognito's endpoints are at another host than its issuer.
  C3 Cognito revokes refresh tokens.
  C4 Cognito sends no new refresh token at a refresh.
  C5 Cognito's claims have names with a colon.
  C6 Cognito has no scope for offline access.
  C7 Cognito takes state, nonce and PKCE.
  C8 Cognito may say in a text that an address is verified.
  C9 Cognito does not list the scopes of resource servers.
  P1 PingFederate's logout has an address of its own.
  P2 PingOne's logout is at the domain of its issuer.
  P3 PingAM's logout ends in nothing without a return address.
  P4 PingFederate sends a single group as text, and need not roll refresh tokens.
  P5 PingFederate's access tokens may be references.
  F1 AD FS names another issuer in access tokens.
  F2 AD FS puts all claims into the ID token by a scope.
  F3 AD FS takes the API by the parameter resource.
  F4 AD FS's userinfo knows the subject alone.
  F5 AD FS has a subject for each client.
  F6 AD FS loses parts of a state that looks like a query.
  F7 AD FS does not always send another refresh token.
  F8 AD FS announces its logout.
  F9 AD FS's tokens are valid from this very moment.
  F10 AD FS once did not announce PKCE.
  F11 AD FS does not know offline access as a scope.
  X1 Scopes are left out by what the provider lists only where that is set.
  X2 Groups come in many forms.
  X3 Names of claims may hold dots, slashes and colons.
  X4 Truth may be a text.
  X5 A provider may ask to come back later.
  X6 A client secret may be replaced while sessions last.
  X7 A page of HTML may come instead of data.
  X8 A token may have several audiences.
  X9 Clocks differ by up to a minute.
  X10 Keys may be cached as the provider says.
  X11 A response that is too long for an address may come as a form.
  X12 A provider may be behind a proxy, a private authority, or both.
`

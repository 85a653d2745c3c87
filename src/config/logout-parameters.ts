/** As in RP-Initiated Logout 1.0 §2; `client_id` stands in for an ID token that cannot be read. */
export const standardLogoutParameters = {
  client_id: '{clientId}',
  id_token_hint: '{idToken}',
  post_logout_redirect_uri: '{returnTo}',
  state: '{state}',
}

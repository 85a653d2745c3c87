/** The behaviours of providers that no test here is named by, and why. */
export const providerReasons: Readonly<Record<string, string>> = {
  K12: 'A setting of the client in the console of Keycloak, which docs/providers/keycloak.md names. Both channels are tested as BCL-* and FCL-*.',
  K15: 'What Keycloak supports beyond the basics is no behaviour of its own: PAR, DPoP, mTLS and the FAPI 2.0 profile are tested for any provider.',
  E9: 'A front-channel logout with `sid` is tested as FCL-*. An upstream that answers with a claims challenge (`insufficient_claims`) is not answered for: its 401 reaches the client as it is.',
  X10: 'Not implemented: JWKS are fetched anew after ten minutes, and for an unknown key, without regard to Cache-Control and ETag.',
}

/** What a token says of itself and of the sign-in, rather than of the person: nothing else can say it in its place. */
export const claimsOfToken: ReadonlySet<string> = new Set(
  'iss sub aud azp exp iat nbf jti nonce auth_time acr amr at_hash c_hash sid tid'.split(' '),
)

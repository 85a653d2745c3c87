import { Type } from 'typebox'
import { duration } from './schema-parts.js'
import { signatureAlgorithms } from './signature-algorithms.js'

/** What the provider's tokens have to be like. */
export const tokenFields = {
  idTokenSigningAlgorithms: Type.Optional(
    Type.Array(Type.Enum([...signatureAlgorithms, 'HS256', 'HS384', 'HS512']), {
      minItems: 1,
      description:
        'The signature algorithms to accept; by default the asymmetric ones that the provider announces. HS* counts only when named here.',
    }),
  ),
  dpop: Type.Enum(['off', 'required'], {
    default: 'off',
    description:
      'Whether the tokens of a session are bound to a key of its own, so that a stolen one is of no use (DPoP, RFC 9449). With `required` a provider that does not is refused, and upstreams get `Authorization: DPoP` with a proof for each request.',
  }),
  trustedAudiences: Type.Array(Type.String({ minLength: 1 }), {
    default: [],
    description: 'Audiences that may stand beside clientId in an ID token.',
  }),
  requireLogoutTokenExpiry: Type.Boolean({
    default: false,
    description:
      'Refuse logout tokens without `exp`. Older providers (Keycloak before 22) send none; then a token counts for two minutes from its `iat`.',
  }),
  logoutTokenEnds: Type.Enum(['session', 'person'], {
    default: 'session',
    description:
      'What a logout token with both `sid` and `sub` ends: the sessions of that `sid`, or all of that person.',
  }),
  accessTokenType: Type.Enum(['at+jwt', 'lax'], {
    default: 'at+jwt',
    description:
      'What the `typ` of an access token that a client presents on a route with `bearer` must be: `at+jwt` (RFC 9068), or `lax` for providers that write `JWT` or none (Entra ID, Keycloak, older Auth0); then its claims must tell it from an ID token.',
  }),
  accessTokenVerification: Type.Enum(['jwt', 'introspection', 'auto'], {
    default: 'jwt',
    description:
      'How access tokens are verified that clients present: by their signature (`jwt`), by asking the introspection endpoint about each (`introspection`), or by the signature where they are JWTs and by asking where they are opaque (`auto`).',
  }),
  introspectionMaxAge: duration({
    default: '1m',
    description:
      'How long an answer of the introspection endpoint counts, and so how long a revoked token does; `0s` asks at each request.',
  }),
  introspectionSignedResponseAlg: Type.Optional(
    Type.Enum([...signatureAlgorithms], {
      description:
        'Ask the introspection endpoint for signed answers (RFC 9701) and take no others; the client is registered with the same `introspection_signed_response_alg`.',
    }),
  ),
  accessTokenIssuers: Type.Array(Type.String({ minLength: 1 }), {
    default: [],
    description:
      'What the `iss` of such an access token may be besides the issuer; `{tenantid}` as in issuer. That of `access_token_issuer` in the metadata (AD FS) counts anyway.',
  }),
  accessTokenAudienceClaim: Type.String({
    minLength: 1,
    default: 'aud',
    description: 'The claim that names the audience of such an access token.',
  }),
  accessTokenClaims: Type.Record(Type.String(), Type.Array(Type.String(), { minItems: 1 }), {
    default: {},
    description:
      'For each claim the values of which such an access token must have one: `token_use: [access]` for Cognito.',
  }),
  clockTolerance: duration({ default: '30s', description: 'How far the clocks may differ.' }),
  maxIdTokenAge: duration({
    default: '10m',
    description: 'How old the `iat` of a new ID token may be.',
  }),
  defaultAccessTokenLifetime: duration({
    default: '5m',
    description: 'When to refresh if neither `expires_in` nor the access token tells.',
  }),
}

import { Type } from 'typebox'
import { duration, strict, text } from './schema-parts.js'

export const providerSchema = Type.Object(
  {
    id: Type.String({
      pattern: '^[a-z0-9][a-z0-9_-]*$',
      title: 'lower-case letters, digits, "-" and "_"',
      examples: ['corp'],
      default: 'default',
      description: 'Names the provider in URLs, logs and stored sessions.',
    }),
    name: Type.Optional(text('What people see on the sign-in page; the id when absent.')),
    issuer: text('The issuer, exactly as the provider writes it in its metadata.'),
    clientId: text('The client that is registered at the provider.'),
    clientSecret: Type.Optional(text('The client secret; better kept in clientSecretFile.')),
    clientSecretFile: Type.Optional(text('A file that holds the client secret.')),
    clientAuthentication: Type.Enum(['client_secret_basic', 'client_secret_post', 'none'], {
      default: 'client_secret_basic',
      description: 'How the client authenticates itself.',
    }),
    scopes: Type.Array(
      Type.String({
        pattern: '^[\\x21\\x23-\\x5b\\x5d-\\x7e]+$',
        title: 'a scope without spaces',
        examples: ['openid'],
      }),
      {
        default: ['openid', 'profile', 'email'],
        description: 'The scopes to ask for; `openid` must be among them.',
      },
    ),
    responseMode: Type.Enum(['query', 'form_post'], {
      default: 'query',
      description: 'How the provider sends the authorization response.',
    }),
    prompt: Type.Optional(text('Sent as `prompt` with each authorization request.')),
    acrValues: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), {
        minItems: 1,
        description: 'Sent as `acr_values`; the ID token must carry one of them.',
      }),
    ),
    maxAge: Type.Optional(
      duration({ description: 'Sent as `max_age`; an older authentication is refused.' }),
    ),
    userinfo: Type.Enum(['needed', 'always', 'never'], {
      default: 'needed',
      description:
        'When to ask the userinfo endpoint: `needed` asks when the ID token lacks a claim that the configuration reads.',
    }),
    groupsClaim: Type.Union(
      [Type.String({ minLength: 1 }), Type.Array(Type.String(), { minItems: 1 })],
      {
        default: 'groups',
        description: 'The claim that holds the groups; a list is a path into nested claims.',
      },
    ),
    rolesClaim: Type.Union(
      [Type.String({ minLength: 1 }), Type.Array(Type.String(), { minItems: 1 })],
      {
        default: 'roles',
        description:
          'The claim that holds the roles; a list is a path into nested claims, such as `[realm_access, roles]` for Keycloak.',
      },
    ),
    assumeEmailVerified: Type.Boolean({
      default: false,
      description:
        'Count an address in rules when the provider does not say whether it verified it (Entra ID). One that it says is not verified never counts.',
    }),
    idTokenSigningAlgorithms: Type.Optional(
      Type.Array(
        Type.Enum([
          'RS256',
          'RS384',
          'RS512',
          'PS256',
          'PS384',
          'PS512',
          'ES256',
          'ES384',
          'ES512',
          'EdDSA',
          'HS256',
          'HS384',
          'HS512',
        ]),
        {
          minItems: 1,
          description:
            'The signature algorithms to accept; by default the asymmetric ones that the provider announces. HS* counts only when named here.',
        },
      ),
    ),
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
    clockTolerance: duration({ default: '30s', description: 'How far the clocks may differ.' }),
    maxIdTokenAge: duration({
      default: '10m',
      description: 'How old the `iat` of a new ID token may be.',
    }),
    defaultAccessTokenLifetime: duration({
      default: '5m',
      description: 'When to refresh if neither `expires_in` nor the access token tells.',
    }),
    allowInsecureIssuer: Type.Boolean({
      default: false,
      description: 'Accept plain http off loopback. For tests only.',
    }),
    timeout: duration({
      default: '5s',
      description: 'How long one call to the provider may take.',
    }),
  },
  { ...strict, description: 'An OpenID provider.' },
)

import { Type } from 'typebox'
import { strict } from './schema-parts.js'

/** Which token a route's upstream gets in the place of the access token of the login. */
export const tokenExchangeSchema = Type.Object(
  {
    audiences: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), {
        minItems: 1,
        description: 'Sent as `audience`: the names of the upstream at the provider.',
      }),
    ),
    resources: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), {
        minItems: 1,
        description: 'Sent as `resource` (RFC 8707): the absolute URLs of the upstream.',
      }),
    ),
    scopes: Type.Optional(
      Type.Array(
        Type.String({
          pattern: '^[\\x21\\x23-\\x5b\\x5d-\\x7e]+$',
          title: 'a scope without spaces',
          examples: ['orders:read'],
        }),
        { minItems: 1, description: 'Sent as `scope`.' },
      ),
    ),
    requestedTokenType: Type.Enum(['access_token', 'jwt'], {
      default: 'access_token',
      description: 'What the provider is asked for; it must answer with that.',
    }),
  },
  {
    ...strict,
    description:
      'Have the provider exchange the access token (RFC 8693) for one that is meant for this upstream; that one alone is sent.',
  },
)

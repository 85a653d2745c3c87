import { Type } from 'typebox'
import { strict, text } from './schema-parts.js'

/** Which access tokens a route takes from clients that have no session. */
export const bearerSchema = Type.Object(
  {
    audiences: Type.Array(Type.String({ minLength: 1 }), {
      minItems: 1,
      description: 'The `aud` of the token must hold one of these.',
    }),
    scopes: Type.Optional(
      Type.Array(
        Type.String({
          pattern: '^[\\x21\\x23-\\x5b\\x5d-\\x7e]+$',
          title: 'a scope without spaces',
          examples: ['orders:read'],
        }),
        { minItems: 1, description: 'The token must have all of these scopes, else 403.' },
      ),
    ),
    provider: Type.Optional(
      text('The id of the only provider whose tokens count; any configured one when absent.'),
    ),
  },
  {
    ...strict,
    description:
      'Let clients in with a JWT access token in `Authorization: Bearer`, besides people with a session.',
  },
)

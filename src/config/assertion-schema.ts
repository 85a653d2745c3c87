import { Type } from 'typebox'
import { duration, filled, strict, text } from './schema-parts.js'

/** What all identity assertions have in common. */
export const assertionSchema = Type.Object(
  {
    algorithm: Type.Enum(['ES256', 'EdDSA'], {
      default: 'ES256',
      description: 'With what keys that Valetkey makes sign; one of a file says it itself.',
    }),
    keyRotation: duration({
      default: '30d',
      description: 'After so long a key that Valetkey made is replaced.',
    }),
    keyFiles: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), {
        minItems: 1,
        description:
          'Files with private keys of P-256 or Ed25519, in PEM or as JWK, instead of keys that Valetkey makes. The first key signs, all are published. Changes take effect without a restart.',
      }),
    ),
  },
  filled,
)

/** The assertion of one route. */
export const routeAssertionSchema = Type.Object(
  {
    audience: text('The `aud` of the assertion.'),
    claims: Type.Array(Type.String({ minLength: 1 }), {
      default: ['email', 'preferred_username', 'groups'],
      description:
        'The claims that go into it as far as the provider tells them, besides `sub`. `groups` are those of `groupsClaim`.',
    }),
  },
  { ...strict, description: 'Send X-Valetkey-Assertion, a signed JWT.' },
)

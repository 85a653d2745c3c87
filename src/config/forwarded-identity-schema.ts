import { Type } from 'typebox'
import { routeAssertionSchema } from './assertion-schema.js'
import { strict, text } from './schema-parts.js'

/** How a route tells its application who somebody is. */
export const forwardedIdentityFields = {
  identityHeaders: Type.Union(
    [
      Type.Boolean(),
      Type.Enum(['oauth2-proxy', 'authelia', 'pomerium', 'iap', 'easy-auth', 'remote-user']),
    ],
    {
      default: true,
      description:
        'Send X-Forwarded-User and its like, or the headers of another proxy that the application reads already; see identity headers.',
    },
  ),
  userClaim: Type.String({
    minLength: 1,
    default: 'preferred_username',
    description:
      'The claim that is the user where one name is asked for: by `authelia`, `easy-auth`, `remote-user` and `basicAuth`. Who lacks it gets no such header.',
  }),
  headers: Type.Optional(
    Type.Record(Type.String(), Type.String({ minLength: 1 }), {
      description:
        'Further headers and the claim that each tells: `X-Department: department`. One that identityHeaders would send, too, is sent so instead.',
    }),
  ),
  basicAuth: Type.Optional(
    Type.Object(
      {
        password: Type.Optional(text('What to send as password; better kept in passwordFile.')),
        passwordFile: Type.Optional(text('A file that holds the password, read at the start.')),
      },
      {
        ...strict,
        description:
          'Send Authorization: Basic with the user of userClaim, for applications that know nothing else; without a password an empty one. accessToken must not be `bearer`.',
      },
    ),
  ),
  assertion: Type.Optional(routeAssertionSchema),
}
